/** Which entries `journalctl` shows with `--unit`, `--priority` and `FIELD=VALUE` arguments. */
import { RigError } from '../../../../errors.ts';
import type { FieldCheck } from '../format/field-checks.ts';
import { FieldChecks, mostChecks } from '../format/field-checks.ts';
import type { StoredEntry } from '../format/stored-entry.ts';
import { matchUnit } from './unit-name.ts';

export interface Selection {
  /** Whether an entry is selected. Throws a JournalFileError where the entry is broken. */
  accepts(entry: StoredEntry): boolean;
}

/** One of the conditions that must all be met: which checks an entry has to pass. */
interface Condition {
  checks: FieldChecks;
  isMet(passed: number): boolean;
}

/**
 * Compiles selectors in the form that the plan has them: names or patterns of units, `FIELD=VALUE`, `--priority=LEVEL`. An
 * entry must concern one of the units, have one of the values of each field, and the priority. No selectors accept
 * everything. A pattern is compared with the names in an entry, so it also finds units that come later; journalctl takes only
 * the units that it knows when it starts. Throws a RigError for a wrong priority.
 */
export function compileSelection(selectors: readonly string[]): Selection {
  const priorities = selectors.filter((each) => each.startsWith(priorityOption));
  const matches = selectors.filter((each) => !each.startsWith(priorityOption) && each.includes('='));
  const units = unitsIn(selectors);
  const conditions = [
    ...unitCondition(units),
    ...allOf([...priorities.flatMap(priorityCheck), ...matchChecks(matches)]),
  ];
  return { accepts: (entry) => conditions.every(({ checks, isMet }) => isMet(entry.check(checks))) };
}

/** The names and patterns of units among selectors. */
export function unitsIn(selectors: readonly string[]): string[] {
  return selectors.filter((each) => !each.includes('='));
}

/** Whether a selector tells apart the entries of one program: by the event or how urgent it is. */
const tellsKind = (selector: string): boolean =>
  selector.startsWith(eventOption) || selector.startsWith(priorityOption);

/** Whether selectors choose events, of whatever unit. */
export function chooseEvents(selectors: readonly string[]): boolean {
  return unitsIn(selectors).length === 0 && selectors.some((each) => each.startsWith(eventOption));
}

/** What is shown around a trigger: all entries of the units, not only those that might have triggered. */
export function withoutKinds(selectors: readonly string[]): string[] {
  return selectors.filter((each) => !tellsKind(each));
}

/** The condition that all checks are passed. */
function allOf(checks: FieldCheck[]): Condition[] {
  if (checks.length === 0) return [];
  if (checks.length > mostChecks) throw new RigError(`at most ${mostChecks} fields can be asked for`);
  const all = checks.reduce((bits, _, index) => bits | (1 << index), 0);
  return [{ checks: new FieldChecks(checks), isMet: (passed) => passed === all }];
}

const eventOption = 'MESSAGE_ID=';
const priorityOption = '--priority=';
const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** `LEVEL` means that level and all that are more urgent; or `FROM..TO`. All levels also accept an entry without one. */
function priorityCheck(argument: string): FieldCheck[] {
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

function matchChecks(matches: string[]): FieldCheck[] {
  const byField = Map.groupBy(matches, (match) => match.slice(0, match.indexOf('=')));
  return [...byField].map(([field, same]) => ({
    field,
    test: isOneOf(same.map((match) => match.slice(field.length + 1))),
  }));
}

/** Compares bytes: a field may hold anything. */
function isOneOf(values: string[]): (value: Buffer) => boolean {
  const wanted = values.map((value) => Buffer.from(value));
  return (value) => wanted.some((each) => each.equals(value));
}

/** The message id of a core dump, see `journalctl --catalog`. */
const coredumpId = 'fc2e22bc6ee647b6b90729ab34a250b1';
/** Below 1000: root or another user of the system. */
const systemUser = /^\d{1,3}$/;
const longestUnit = 255;

/**
 * An entry concerns a unit if it is from the unit, or if it is about the unit and from systemd (`UNIT`), from systemd-coredump
 * (`COREDUMP_UNIT`) or from root (`OBJECT_SYSTEMD_UNIT`). A slice also has the entries of all units in it. See
 * systemd.journal-fields(7); SYSTEMD_LOG_LEVEL=debug makes journalctl show its conditions, which are these but for one:
 * journalctl believes a core dump from root only, and systemd-coredump has long had a user of its own. Nothing else identifies
 * it: it ends so soon that journald may find neither its program nor its unit.
 */
function unitCondition(names: string[]): Condition[] {
  if (names.length === 0) return [];
  const units = names.map(matchUnit);
  const isUnit = (value: Buffer): boolean => {
    const text = value.length > longestUnit ? undefined : value.toString();
    return text !== undefined && units.some((isOf) => isOf(text));
  };
  const checks = new FieldChecks([
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
  // The checks that must be passed together, the first check being the lowest bit.
  const ways = [0b1, 0b10, 0b1100, 0b110000, 0b111000000];
  return [{ checks, isMet: (passed) => ways.some((way) => (passed & way) === way) }];
}

function endsAsSlice(value: Buffer): boolean {
  return value.subarray(-6).toString('latin1') === '.slice';
}
