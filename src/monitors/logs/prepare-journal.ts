/** The part of the plan about the journal: who reads it, and which entries. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, UsageError } from '../../errors.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import { JournalFile, JournalFileError } from './journal/format/journal-file.ts';
import { readSome } from './journal/journalctl/run.ts';
import { journaldSetting } from './journal/journald-settings.ts';
import { findJournalFiles, isLiveName, namespacesThere, reasonForNoJournal } from './journal/locations.ts';
import { compileSelection, unitsIn } from './journal/selection/selection.ts';
import { instancesOf, isGlob, isUnitName } from './journal/selection/unit-name.ts';
import { askSystemd, type WatchedUnits } from './journal/systemd-units.ts';
import type { LogsValues } from './options.ts';
import type { JournalPlan } from './plan.ts';
import { matchesOfEvents } from './unit-events.ts';

/** Options about journal entries only: a line of a file has no priority and no fields. */
const journalOnly = ['priority', 'journal-match', 'unit-event', 'journal-dir'] as const;

/**
 * The option that narrows what is watched to a part of the journal, or to another one: files are then watched only where they
 * are named. Undefined if there is none.
 */
export function narrowing(values: LogsValues): (typeof journalOnly)[number] | 'journal' | undefined {
  return journalOnly.find((option) => values[option] !== undefined) ?? (values.journal ? 'journal' : undefined);
}

/** Undefined where the journal is not to be watched, or there is none and no option needs one. Throws UsageError. */
export async function planJournal(
  values: LogsValues,
  remark: (text: string) => void,
): Promise<JournalPlan | undefined> {
  if (values.journal === false) return undefined;
  const selectors = selectorsOf(values);
  const dir = checkFolder(values['journal-dir']);
  const found = await findReader(values['journal-reader'], dir, remark);
  if ('missing' in found) {
    const needing = narrowing(values);
    if (needing) throw new UsageError(`--${needing}: ${found.missing}`);
    if (!values.files) throw new UsageError(`nothing is left to watch: --no-files, and ${found.missing}`);
    remark(`only files are watched: ${found.missing}`);
    return undefined;
  }
  const latency = values['journal-latency'];
  const { units, namespaces } = await unitsOf(values.journal, dir, remark);
  if (dir === undefined) remarkOnUnseen(values.journal === undefined, remark);
  const plan: JournalPlan = {
    ...found,
    ...(dir === undefined ? {} : { dir }),
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    selection: [...units, ...selectors],
  };
  await checkSelection(plan);
  if (plan.reader === 'journalctl' && units.some(isGlob))
    remark('journal: journalctl reads it, and finds only those units of a pattern or template that have logged before');
  if (plan.reader === 'journalctl' && values.journal && values['unit-event']?.includes('coredump'))
    remark('journal: journalctl reads it, and may not show the core dumps of single units: leave out --journal');
  return plan;
}

/** What is watched, in a few words. */
export function journalWords(values: LogsValues, journal: JournalPlan | undefined): string[] {
  if (!journal) return [];
  const folder = journal.dir === undefined ? [] : [`in ${journal.dir}`];
  const units = values.journal ? [`of ${unitsIn(journal.selection).join(' ')}`] : [];
  const namespaces = journal.namespaces ? [`and namespace ${journal.namespaces.join(' ')}`] : [];
  const priority = values.priority === undefined ? [] : [`of priority ${values.priority}`];
  const fields = values['journal-match'] ? [`with ${values['journal-match'].join(' ')}`] : [];
  return [['journal', ...folder, ...units, ...namespaces, ...priority, ...fields].join(' ')];
}

/** What selects entries, apart from the units. */
function selectorsOf(values: LogsValues): string[] {
  const [unit] = (values.journal || []).filter((name) => !isUnitName(name));
  if (unit !== undefined) throw new UsageError(`--journal: ${JSON.stringify(unit)} is not the name of a unit`);
  const matches = values['journal-match'] ?? [];
  const wrong = matches.find((match) => !/^[A-Z0-9_]+=/.test(match));
  if (wrong !== undefined)
    throw new UsageError(`--journal-match: expected FIELD=VALUE, such as _UID=33, got ${JSON.stringify(wrong)}`);
  const priority = values.priority === undefined ? [] : [`--priority=${values.priority}`];
  return [...priority, ...matches, ...matchesOfEvents(values['unit-event'] ?? [])];
}

/** The units by their real names. Those of another host this systemd does not know. */
async function unitsOf(
  typed: string[] = [],
  dir: string | undefined,
  remark: (text: string) => void,
): Promise<WatchedUnits> {
  const units = [...new Set(typed)];
  return dir === undefined ? await askSystemd(units, remark) : { units: units.map(instancesOf), namespaces: [] };
}

/** Remarks on what is not in this host's journal: what journald drops, and what it keeps elsewhere. */
function remarkOnUnseen(isOfAllUnits: boolean, remark: (text: string) => void): void {
  const level = journaldSetting('MaxLevelStore');
  if (level && !['debug', '7'].includes(level.value))
    remark(`journal: journald drops entries of a lower priority than ${level.value} (MaxLevelStore= in ${level.path})`);
  const namespaces = isOfAllUnits ? namespacesThere() : [];
  if (namespaces.length > 0)
    remark(
      `journal: not that of ${namespaces.join(', ')} (LogNamespace=), unless a unit of it is named with --journal`,
    );
}

function checkFolder(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const dir = resolve(given);
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`--journal-dir ${given}: no such folder`);
  if (!found.isDirectory()) throw new UsageError(`--journal-dir ${given}: not a folder`);
  if (findJournalFiles({ dir }).length === 0)
    throw new UsageError(
      `--journal-dir ${given}: it has no *.journal file, nor a folder with one that is named by a machine id`,
    );
  return dir;
}

type Reader = Pick<JournalPlan, 'reader' | 'program'>;

/** Who reads the journal: the reader that the user asked for, else rig itself where it can. Or why nobody can. */
async function findReader(
  asked: LogsValues['journal-reader'],
  dir: string | undefined,
  remark: (text: string) => void,
): Promise<Reader | { missing: string }> {
  const missing = dir === undefined ? reasonForNoJournal() : undefined;
  if (missing !== undefined) return { missing: `there is no journal on this host: ${missing}` };
  const unreadable = asked === 'journalctl' ? undefined : reasonAgainstNative(dir);
  if (asked === 'native') {
    if (unreadable !== undefined) throw new UsageError(`--journal-reader native: ${unreadable}`);
    return { reader: 'native' };
  }
  const program = await findProgram('journalctl');
  if (asked === undefined && unreadable === undefined) return { reader: 'native', ...(program ? { program } : {}) };
  if (program === undefined) {
    if (asked !== undefined) throw new UsageError('--journal-reader journalctl: journalctl is not installed');
    return {
      missing: `the journal cannot be read: ${unreadable}, and journalctl, which may do better, is not installed`,
    };
  }
  if (unreadable !== undefined) remark(`journal: journalctl reads it, because ${unreadable}`);
  return { reader: 'journalctl', program };
}

/** Which live file rig cannot read, and why; undefined where it can read all of them. */
function reasonAgainstNative(dir: string | undefined): string | undefined {
  for (const path of findJournalFiles({ dir }).filter(isLiveName)) {
    try {
      JournalFile.open(path).close();
    } catch (error) {
      // An unfinished file is read later, and one that has gone need not be read.
      if (error instanceof JournalFileError && error.kind !== 'unfinished') return error.message;
    }
  }
  return undefined;
}

/** Lets the reader check the selection. For journalctl a pattern without any unit is an error. */
async function checkSelection(plan: JournalPlan): Promise<void> {
  const { reader, program, selection } = plan;
  if (selection.length === 0) return;
  try {
    if (reader === 'native') compileSelection(selection);
    else await readSome({ ...plan, program: program ?? 'journalctl' }, { first: 'newest', count: 1 });
  } catch (error) {
    const options = selection.map((each) => (each.includes('=') ? each : `--journal ${each}`));
    throw new UsageError(`${options.join(' ')}: ${messageOf(error)}`, { cause: error });
  }
}
