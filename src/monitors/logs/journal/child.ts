/** journalctl(1), as rig runs it: to learn where the journal ends, to follow it from there, to read back from an entry. */
import { once } from 'node:events';
import { RigError } from '../../../errors.ts';
import type { RunningProgram } from '../../../host/programs.ts';
import { startProgram } from '../../../host/programs.ts';
import { reportedLineBytes } from '../source.ts';
import type { JournalEntry } from './export.ts';
import { ExportParser } from './export.ts';

/** With chosen fields journalctl is fast enough for the busiest journal; with all of them it is not. */
const fields = '--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_PID';
const always = ['--output=export', fields, '--quiet', '--no-pager'];

/**
 * What selects the entries: those of the units, with the fields and the priority, or all. In one argument each, so that no
 * unit is taken for an option.
 */
function unitArguments(units: string[]): string[] {
  return units.map((unit) => (unit.includes('=') ? unit : `--unit=${unit}`));
}

/**
 * The arguments that follow the journal from a cursor, its entry included, or from the beginning when there was none. Not
 * `--after-cursor`: where that entry has been vacuumed away, it passes over the first one that is left. Without `--no-tail`
 * journalctl skips all but the last ten entries that came between the cursor and its own start.
 */
export function followArguments(units: string[], cursor: string | undefined): string[] {
  const from = cursor === undefined ? [] : [`--cursor=${cursor}`];
  return [...always, '--follow', '--no-tail', ...from, ...unitArguments(units)];
}

/** The arguments that give the entries of the last hour, the newest first. */
export function recentArguments(units: string[], count: number): string[] {
  return [...always, '--reverse', '--since=-1h', `--lines=${count}`, ...unitArguments(units)];
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
  onEntry: (entry: JournalEntry) => void,
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
  program: string,
  units: string[],
  options: { cursor?: string; count: number },
): Promise<JournalEntry[]> {
  const from = options.cursor === undefined ? [] : [`--cursor=${options.cursor}`];
  return await readSome(program, ['--reverse', `--lines=${options.count}`, ...from, ...unitArguments(units)]);
}

/** The first entries from a cursor on, its own included if it is still there. Throws a RigError when journalctl fails. */
export async function readFrom(
  program: string,
  units: string[],
  options: { cursor: string; count: number },
): Promise<JournalEntry[]> {
  return await readSome(program, [`--cursor=${options.cursor}`, `--lines=${options.count}`, ...unitArguments(units)]);
}

/** Some hundred entries are kept at once: of none more than is ever shown. */
function cut(entry: JournalEntry): JournalEntry {
  for (const values of entry.fields.values())
    for (const [index, value] of values.entries())
      if (value.length > reportedLineBytes) values[index] = Buffer.from(value.subarray(0, reportedLineBytes));
  return entry;
}

async function readSome(program: string, args: string[]): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const reader = await readEntries(program, [...always, ...args], (entry) => entries.push(cut(entry)));
  const timer = setTimeout(() => void reader.end(), answerMs);
  const { exitCode, stderr } = await reader.ended;
  clearTimeout(timer);
  if (exitCode === null) throw new RigError(`journalctl did not answer within ${answerMs / 1000} s`);
  if (exitCode !== 0) throw new RigError(stderr.split('\n').at(-1) || `journalctl ended with exit code ${exitCode}`);
  return entries;
}
