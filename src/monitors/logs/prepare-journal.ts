/** The part of the plan that says how the journal is read, and what of it. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { messageOf, UsageError } from '../../errors.ts';
import { JournalFile, JournalFileError } from './journal/format/journal-file.ts';
import { readBack } from './journal/journalctl/child.ts';
import { findJournalctl, findJournalFiles, isLiveName, reasonForNoJournal } from './journal/locations.ts';
import { compileSelection } from './journal/selection/selection.ts';
import type { LogsValues } from './options.ts';
import type { JournalPlan } from './plan.ts';
import { matchesOfEvents } from './unit-events.ts';

/**
 * Options that are about entries of the journal only. A line of a file has no priority and no fields, and the files of this host
 * are not those of another journal: files are watched only where they are named.
 */
export const journalOnly = ['priority', 'journal-match', 'unit-event', 'journal-dir'] as const;

const longestLatencyMs = 1000;

/** Undefined where there is no journal, and nothing needs one. Throws UsageError. */
export async function journalPlan(
  values: LogsValues,
  remark: (text: string) => void,
): Promise<JournalPlan | undefined> {
  const selection = selectionOf(values);
  const dir = checkFolder(values['journal-dir']);
  const found = await findReader(values['journal-reader'], dir, remark);
  if ('missing' in found) {
    const needing = (['journal', ...journalOnly] as const).find((option) => values[option] !== undefined);
    if (needing) throw new UsageError(`--${needing}: ${found.missing}`);
    if (values['no-files']) throw new UsageError(`nothing is left to watch: --no-files, and ${found.missing}`);
    remark(`only files are watched: ${found.missing}`);
    return undefined;
  }
  const plan: JournalPlan = {
    ...found,
    ...(dir === undefined ? {} : { dir }),
    ...latencyOf(values['journal-latency']),
    selection,
  };
  await checkSelection(plan);
  if (plan.reader === 'journalctl' && values.journal && values['unit-event']?.includes('coredump'))
    remark('journal: journalctl, which reads it, may not show the core dumps of chosen units: leave out --journal');
  return plan;
}

/** What is watched, in a few words. */
export function journalWords(values: LogsValues, journal: JournalPlan | undefined): string[] {
  if (!journal) return [];
  const folder = journal.dir === undefined ? [] : [`in ${journal.dir}`];
  const units = values.journal ? [`of ${values.journal.join(' ')}`] : [];
  const priority = values.priority === undefined ? [] : [`of priority ${values.priority}`];
  const fields = values['journal-match'] ? [`with ${values['journal-match'].join(' ')}`] : [];
  return [['journal', ...folder, ...units, ...priority, ...fields].join(' ')];
}

function selectionOf(values: LogsValues): string[] {
  const [unit] = (values.journal ?? []).filter((name) => name === '' || name.includes('='));
  if (unit !== undefined) throw new UsageError(`--journal: ${JSON.stringify(unit)} is no name of a unit`);
  const matches = values['journal-match'] ?? [];
  const wrong = matches.find((match) => !/^[A-Z0-9_]+=/.test(match));
  if (wrong !== undefined)
    throw new UsageError(`--journal-match: expected FIELD=VALUE, such as _UID=33, got ${JSON.stringify(wrong)}`);
  const priority = values.priority === undefined ? [] : [`--priority=${values.priority}`];
  const units = [...new Set(values.journal ?? [])];
  return [...units, ...priority, ...matches, ...matchesOfEvents(values['unit-event'] ?? [])];
}

function checkFolder(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const dir = resolve(given);
  const found = statSync(dir, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`--journal-dir ${given}: no such folder`);
  if (!found.isDirectory()) throw new UsageError(`--journal-dir ${given}: no folder`);
  if (findJournalFiles(dir).length === 0)
    throw new UsageError(
      `--journal-dir ${given}: there is no journal in it: no *.journal file, and no folder named by a machine id that has one`,
    );
  return dir;
}

function latencyOf(latencyMs: number | undefined): { latencyMs?: number } {
  if (latencyMs === undefined) return {};
  if (latencyMs < 1 || latencyMs > longestLatencyMs)
    throw new UsageError(`--journal-latency: expected 1ms to 1s, got ${latencyMs}ms`);
  return { latencyMs };
}

type Reader = Pick<JournalPlan, 'reader' | 'program'>;

/** Who reads the journal: the one that is asked for, else rig itself where it can; or why there is none that could be read. */
async function findReader(
  asked: string | undefined,
  dir: string | undefined,
  remark: (text: string) => void,
): Promise<Reader | { missing: string }> {
  if (asked !== undefined && asked !== 'native' && asked !== 'journalctl')
    throw new UsageError(`--journal-reader: expected native or journalctl, got ${JSON.stringify(asked)}`);
  const missing = dir === undefined ? reasonForNoJournal() : undefined;
  if (missing !== undefined) return { missing: `there is no journal on this host: ${missing}` };
  const unreadable = asked === 'journalctl' ? undefined : reasonAgainstNative(dir);
  if (asked === 'native') {
    if (unreadable !== undefined) throw new UsageError(`--journal-reader native: ${unreadable}`);
    return { reader: 'native' };
  }
  const program = await findJournalctl();
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

/** Which file rig cannot read itself, and why; undefined where it can read all that are written to. */
function reasonAgainstNative(dir: string | undefined): string | undefined {
  for (const path of findJournalFiles(dir).filter(isLiveName)) {
    try {
      JournalFile.open(path).close();
    } catch (error) {
      // One that is only being made is read when it is finished, and one that has gone need not be read.
      if (error instanceof JournalFileError && error.kind !== 'unfinished') return error.message;
    }
  }
  return undefined;
}

/** Has the reader take the selection as it will: to journalctl a pattern that no unit fits is an error. */
async function checkSelection({ reader, program, dir, selection }: JournalPlan): Promise<void> {
  if (selection.length === 0) return;
  try {
    if (reader === 'native') compileSelection(selection);
    else await readBack({ program: program ?? 'journalctl', dir, selection }, { count: 1 });
  } catch (error) {
    const options = selection.map((each) => (each.includes('=') ? each : `--journal ${each}`));
    throw new UsageError(`${options.join(' ')}: ${messageOf(error)}`, { cause: error });
  }
}
