/** Which entries `journalctl` shows with `--unit`, `--priority` and `FIELD=VALUE` arguments. */
import { RigError } from '../../../../errors.ts';
import type { DataTest } from '../format/field-checks.ts';
import { DataTests } from '../format/field-checks.ts';
import type { StoredEntry } from '../format/stored-entry.ts';
import { compileGlob, isGlob } from './glob.ts';
import { completeUnitName } from './unit-name.ts';

export interface Selection {
  /** Whether an entry is one of those. Throws a JournalFileError where the entry is broken. */
  accepts(entry: StoredEntry): boolean;
}

/** One thing of all that must hold: something about which of some tests are passed. */
interface Condition {
  tests: DataTests;
  isMet(passed: number): boolean;
}

/**
 * Compiles what selects entries, in the form that the plan has it: names or patterns of units, `FIELD=VALUE`,
 * `--priority=LEVEL`. One of the units must be concerned; of the values of one field one must be there, and that for each
 * field; and the priority. A pattern is compared with what an entry says, so it also finds units that come later, where
 * journalctl has it stand for the units that it knows when it starts. None at all accepts everything. Throws a RigError for
 * a priority that is none.
 */
export function compileSelection(selectors: readonly string[]): Selection {
  const priorities = selectors.filter((each) => each.startsWith(priorityOption));
  const matches = selectors.filter((each) => !each.startsWith(priorityOption) && each.includes('='));
  const units = selectors.filter((each) => !each.includes('='));
  const conditions = [...unitCondition(units), ...allOf([...priorities.flatMap(priorityTest), ...matchTests(matches)])];
  return {
    accepts: (entry) => conditions.every(({ tests, isMet }) => isMet(entry.matching(tests))),
  };
}

/** All tests must be passed; as many as can be are done together. */
function allOf(tests: DataTest[]): Condition[] {
  const conditions: Condition[] = [];
  for (let from = 0; from < tests.length; from += mostTogether) {
    const some = tests.slice(from, from + mostTogether);
    const all = 2 ** some.length - 1;
    conditions.push({ tests: new DataTests(some), isMet: (passed) => passed === all });
  }
  return conditions;
}
const mostTogether = 31;

const priorityOption = '--priority=';
const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** `LEVEL`, which is it and all that is more urgent, or `FROM..TO`. All levels are also that of an entry without one. */
function priorityTest(argument: string): DataTest[] {
  const text = argument.slice(priorityOption.length);
  const [from, to] = text.includes('..') ? text.split('..', 2).map(levelOf) : [0, levelOf(text)];
  if (from === undefined || to === undefined)
    throw new RigError(`${JSON.stringify(text)} is no priority: expected ${levels.join(', ')}, 0 to 7, or FROM..TO`);
  const wanted = levels.map((_, level) => String(level)).slice(Math.min(from, to), Math.max(from, to) + 1);
  return wanted.length === levels.length ? [] : [{ field: 'PRIORITY', test: isOneOf(wanted) }];
}

function levelOf(text: string): number | undefined {
  const level = /^[0-7]$/.test(text) ? Number(text) : levels.indexOf(text);
  return level < 0 ? undefined : level;
}

function matchTests(matches: string[]): DataTest[] {
  const split = matches.map((match) => ({
    field: match.slice(0, match.indexOf('=')),
    value: match.slice(match.indexOf('=') + 1),
  }));
  const byField = Map.groupBy(split, ({ field }) => field);
  return [...byField].map(([field, same]) => ({ field, test: isOneOf(same.map(({ value }) => value)) }));
}

/** As bytes: a field may hold anything. */
function isOneOf(values: string[]): (value: Buffer) => boolean {
  const wanted = values.map((value) => Buffer.from(value));
  return (value) => wanted.some((each) => each.equals(value));
}

/** The message id of a core dump, see `journalctl --catalog`. */
const coredumpId = 'fc2e22bc6ee647b6b90729ab34a250b1';
/** Below 1000: root or another user of the system's own. */
const systemUser = /^\d{1,3}$/;

/**
 * The entries that concern a unit are its own, and what others say of it: systemd (`UNIT`), systemd-coredump
 * (`COREDUMP_UNIT`), and what runs as root (`OBJECT_SYSTEMD_UNIT`). For a slice they are also those of all in it.
 * See systemd.journal-fields(7); the conditions are those that journalctl shows with SYSTEMD_LOG_LEVEL=debug. But for one: of a
 * core dump journalctl believes root only, and systemd-coredump has long had a user of its own. Nothing else tells it for
 * certain: it ends at once, and journald may find neither its program nor its unit any more.
 */
function unitCondition(names: string[]): Condition[] {
  if (names.length === 0) return [];
  const units = names.map((name) => compileUnit(completeUnitName(name)));
  const isUnit = (value: Buffer): boolean => {
    const text = value.length > longestUnit ? undefined : value.toString();
    return text !== undefined && units.some((isOf) => isOf(text));
  };
  // Each a bit, by its place.
  const tests = new DataTests([
    { field: '_SYSTEMD_UNIT', test: isUnit },
    { field: '_SYSTEMD_SLICE', test: (value) => endsAsSlice(value) && isUnit(value) },
    { field: 'UNIT', test: isUnit },
    { field: '_PID', test: isOneOf(['1']) },
    { field: 'OBJECT_SYSTEMD_UNIT', test: isUnit },
    { field: '_UID', test: isOneOf(['0']) },
    { field: 'COREDUMP_UNIT', test: isUnit },
    { field: 'MESSAGE_ID', test: isOneOf([coredumpId]) },
    { field: '_UID', test: (value) => systemUser.test(value.toString('latin1')) },
  ]);
  const ways = [0b1, 0b10, 0b1100, 0b110000, 0b111000000];
  return [{ tests, isMet: (passed) => ways.some((way) => (passed & way) === way) }];
}

function endsAsSlice(value: Buffer): boolean {
  return value.subarray(-6).toString('latin1') === '.slice';
}

/** What tells whether a name is that of a unit, or fits a pattern. */
export function compileUnit(unit: string): (name: string) => boolean {
  return isGlob(unit) ? compileGlob(unit) : (name) => name === unit;
}
const longestUnit = 255;

/** The fields that name a unit which an entry concerns. */
export const unitFields: ReadonlySet<string> = new Set([
  '_SYSTEMD_UNIT',
  '_SYSTEMD_SLICE',
  'UNIT',
  'OBJECT_SYSTEMD_UNIT',
  'COREDUMP_UNIT',
]);
