/** journalctl(1), as rig runs it: to learn where the journal ends, to follow it from there, to read back from an entry. */
import { once } from 'node:events';
import { RigError } from '../../../../errors.ts';
import { startProgram } from '../../../../host/programs/start-program.ts';
import { reportedLineBytes } from '../../source.ts';
import type { ExportedEntry } from './export.ts';
import { ExportParser } from './export.ts';

/** Without all the other fields journalctl is fast enough for the busiest journal. */
const fields = '--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_COMM,_PID';
const always = ['--output=export', fields, '--quiet', '--no-pager'];

/** How long a question to the journal may take: a vast journal on a slow disk takes seconds. */
const answerMs = 20_000;

/** The journal as journalctl is to read it. */
export interface Journalctl {
  /** Its path. */
  program: string;
  /** The folder with the journal; undefined: this host's own. */
  dir?: string | undefined;
  /** Units, `FIELD=VALUE`, `--priority=LEVEL`; none: the whole journal. */
  selection: string[];
}

/** The arguments for what is read. Each is one word, so that no unit is taken for an option. */
function whatArguments({ dir, selection }: Journalctl): string[] {
  const directory = dir === undefined ? [] : [`--directory=${dir}`];
  return [...directory, ...selection.map((each) => (each.includes('=') ? each : `--unit=${each}`))];
}

/**
 * The arguments that follow the journal from a cursor, its entry included; without one, from the beginning. Not
 * `--after-cursor`: if that entry was vacuumed, it skips the first one that is left. Without `--no-tail` journalctl skips all
 * but the last ten entries between the cursor and its own start.
 */
export function followArguments(journal: Journalctl, cursor: string | undefined): string[] {
  const from = cursor === undefined ? [] : [`--cursor=${cursor}`];
  return [...always, '--follow', '--no-tail', ...from, ...whatArguments(journal)];
}

/** The arguments that give the entries of the last hour, the newest first. */
export function recentArguments(journal: Journalctl, count: number): string[] {
  return [...always, '--reverse', '--since=-1h', `--lines=${count}`, ...whatArguments(journal)];
}

/** A running journalctl that hands its entries on. */
export interface JournalReader {
  /** Resolves when it has ended and everything that it wrote has been handed on. */
  ended: Promise<{ exitCode: number | null; signalName: string | null; stderr: string }>;
  end(): Promise<void>;
}

/** Starts journalctl and hands its entries on; `onBytes` hears of the size of each portion that was read. */
export async function readEntries(
  program: string,
  args: string[],
  onEntry: (entry: ExportedEntry) => void,
  onBytes: (count: number) => void = () => {},
): Promise<JournalReader> {
  // SIGKILL: it has nothing to put in order, and one that is stopped or hangs heeds nothing else.
  const child = await startProgram(program, args, { endWith: 'SIGKILL' });
  const parser = new ExportParser(onEntry);
  child.stdout.on('data', (portion: Buffer) => {
    onBytes(portion.length);
    parser.push(portion);
  });
  const drained = once(child.stdout, 'close').catch(() => undefined);
  const ended = Promise.all([child.ended, drained]).then(([how]) => ({ ...how, stderr: child.stderr().trim() }));
  return { ended, end: () => child.end() };
}

/** The last `count` entries up to a cursor, or of all, the newest first. Throws a RigError when journalctl fails. */
export async function readBack(journal: Journalctl, range: { cursor?: string; count: number }) {
  return await readSome(journal, ['--reverse'], range);
}

/** The first `count` entries from a cursor on, its own included if it is still there. Throws a RigError when journalctl fails. */
export async function readFrom(journal: Journalctl, range: { cursor: string; count: number }) {
  return await readSome(journal, [], range);
}

async function readSome(
  journal: Journalctl,
  options: string[],
  { cursor, count }: { cursor?: string; count: number },
): Promise<ExportedEntry[]> {
  const from = cursor === undefined ? [] : [`--cursor=${cursor}`];
  const args = [...always, ...options, `--lines=${count}`, ...from, ...whatArguments(journal)];
  const entries: ExportedEntry[] = [];
  const reader = await readEntries(journal.program, args, (entry) => entries.push(cut(entry)));
  const timer = setTimeout(() => void reader.end(), answerMs);
  const { exitCode, stderr } = await reader.ended;
  clearTimeout(timer);
  if (exitCode === null) throw new RigError(`journalctl did not answer within ${answerMs / 1000} s`);
  if (exitCode !== 0) throw new RigError(stderr.split('\n').at(-1) || `journalctl ended with exit code ${exitCode}`);
  return entries;
}

/** Cuts the values to what is ever shown: some hundred entries are kept at once. */
function cut(entry: ExportedEntry): ExportedEntry {
  for (const values of entry.fields.values())
    for (const [index, value] of values.entries())
      if (value.length > reportedLineBytes) values[index] = Buffer.from(value.subarray(0, reportedLineBytes));
  return entry;
}
