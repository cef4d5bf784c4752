/** journalctl(1), as rig runs it: to learn where the journal ends, to follow it from there, to read back from an entry. */
import { once } from 'node:events';
import { RigError } from '../../../../errors.ts';
import type { RunningProgram } from '../../../../host/programs/start-program.ts';
import { startProgram } from '../../../../host/programs/start-program.ts';
import { reportedLineBytes } from '../../source.ts';
import type { ExportedEntry } from './export.ts';
import { ExportParser } from './export.ts';

/** With chosen fields journalctl is fast enough for the busiest journal; with all of them it is not. */
const fields = '--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,_PID';
const always = ['--output=export', fields, '--quiet', '--no-pager'];

/** The journal as journalctl is to read it. */
export interface Journalctl {
  /** Its path. */
  program: string;
  /** The folder with the journal; undefined: this host's own. */
  dir?: string | undefined;
  /** Units, `FIELD=VALUE`, `--priority=LEVEL`; none: the whole journal. */
  selection: string[];
}

/** What is read, in one argument each, so that no unit is taken for an option. */
function whatArguments({ dir, selection }: Journalctl): string[] {
  const directory = dir === undefined ? [] : [`--directory=${dir}`];
  return [...directory, ...selection.map((each) => (each.includes('=') ? each : `--unit=${each}`))];
}

/**
 * The arguments that follow the journal from a cursor, its entry included, or from the beginning when there was none. Not
 * `--after-cursor`: where that entry has been vacuumed away, it passes over the first one that is left. Without `--no-tail`
 * journalctl skips all but the last ten entries that came between the cursor and its own start.
 */
export function followArguments(journal: Journalctl, cursor: string | undefined): string[] {
  const from = cursor === undefined ? [] : [`--cursor=${cursor}`];
  return [...always, '--follow', '--no-tail', ...from, ...whatArguments(journal)];
}

/** The arguments that give the entries of the last hour, the newest first. */
export function recentArguments(journal: Journalctl, count: number): string[] {
  return [...always, '--reverse', '--since=-1h', `--lines=${count}`, ...whatArguments(journal)];
}

/** A running journalctl whose entries are handed on as they come. */
export interface JournalReader {
  /** Resolves when it has ended and everything that it wrote has been handed on. */
  ended: Promise<{ exitCode: number | null; signalName: string | null; stderr: string }>;
  end(): Promise<void>;
}

/** Starts journalctl and hands its entries on; `onBytes` hears of each portion that was read. */
export async function readEntries(
  program: string,
  args: string[],
  onEntry: (entry: ExportedEntry) => void,
  onBytes: (count: number) => void = () => {},
): Promise<JournalReader> {
  // SIGKILL: one that is stopped or hangs heeds nothing else, and none has anything to put in order.
  const child: RunningProgram = await startProgram(program, args, { endWith: 'SIGKILL' });
  const parser = new ExportParser(onEntry);
  child.stdout.on('data', (portion: Buffer) => {
    onBytes(portion.length);
    parser.push(portion);
  });
  const drained = once(child.stdout, 'close').catch(() => undefined);
  const ended = Promise.all([child.ended, drained]).then(([how]) => ({ ...how, stderr: child.stderr().trim() }));
  return { ended, end: () => child.end() };
}

/** How long a question to the journal may take: a vast journal on a slow disk takes seconds. */
const answerMs = 20_000;

/** The last entries up to a cursor, or up to the end, newest first. Throws a RigError when journalctl fails. */
export async function readBack(
  journal: Journalctl,
  options: { cursor?: string; count: number },
): Promise<ExportedEntry[]> {
  const from = options.cursor === undefined ? [] : [`--cursor=${options.cursor}`];
  return await readSome(journal.program, ['--reverse', `--lines=${options.count}`, ...from, ...whatArguments(journal)]);
}

/** The first entries from a cursor on, its own included if it is still there. Throws a RigError when journalctl fails. */
export async function readFrom(
  journal: Journalctl,
  options: { cursor: string; count: number },
): Promise<ExportedEntry[]> {
  return await readSome(journal.program, [
    `--cursor=${options.cursor}`,
    `--lines=${options.count}`,
    ...whatArguments(journal),
  ]);
}

/** Some hundred entries are kept at once: of none more than is ever shown. */
function cut(entry: ExportedEntry): ExportedEntry {
  for (const values of entry.fields.values())
    for (const [index, value] of values.entries())
      if (value.length > reportedLineBytes) values[index] = Buffer.from(value.subarray(0, reportedLineBytes));
  return entry;
}

async function readSome(program: string, args: string[]): Promise<ExportedEntry[]> {
  const entries: ExportedEntry[] = [];
  const reader = await readEntries(program, [...always, ...args], (entry) => entries.push(cut(entry)));
  const timer = setTimeout(() => void reader.end(), answerMs);
  const { exitCode, stderr } = await reader.ended;
  clearTimeout(timer);
  if (exitCode === null) throw new RigError(`journalctl did not answer within ${answerMs / 1000} s`);
  if (exitCode !== 0) throw new RigError(stderr.split('\n').at(-1) || `journalctl ended with exit code ${exitCode}`);
  return entries;
}
