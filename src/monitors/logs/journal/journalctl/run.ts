/** journalctl(1), as rig runs it: to learn where the journal ends, to follow it from there, to read back from an entry. */
import { once } from 'node:events';
import { RigError } from '../../../../errors.ts';
import type { Exit } from '../../../../host/programs/start-program.ts';
import { startProgram } from '../../../../host/programs/start-program.ts';
import type { JournalPlan } from '../../plan.ts';
import { reportedLineBytes } from '../../source.ts';
import { unitFields } from '../entry.ts';
import type { ExportedEntry } from './export.ts';
import { ExportParser } from './export.ts';

/** Without all the other fields journalctl is fast enough for the busiest journal. */
const fields = `--output-fields=${['MESSAGE', 'SYSLOG_IDENTIFIER', '_COMM', '_PID', ...unitFields].join()}`;
const always = ['--output=export', fields, '--quiet', '--no-pager'];

/** How long a question to the journal may take: a vast journal on a slow disk takes seconds. */
const answerMs = 20_000;

/** A plan with the path of journalctl. */
export type Journalctl = Pick<JournalPlan, 'dir' | 'namespaces' | 'selection'> & { program: string };

/** The arguments for what is read. Each is one word, so that no unit is taken for an option. */
function whatArguments({ dir, namespaces = [], selection }: Journalctl, cursor?: string): string[] {
  return [
    ...(dir === undefined ? [] : [`--directory=${dir}`]),
    ...namespaceArguments(namespaces),
    ...(cursor === undefined ? [] : [`--cursor=${cursor}`]),
    ...selection.map((each) => (each.includes('=') ? each : `--unit=${each}`)),
  ];
}

/** journalctl shows one namespace beside the journal, or all of them. */
function namespaceArguments([first, ...others]: string[]): string[] {
  if (first === undefined) return [];
  return [others.length === 0 ? `--namespace=+${first}` : '--namespace=*'];
}

/**
 * The arguments that follow the journal from a cursor, its entry included; without one, from the beginning. Not
 * `--after-cursor`: if that entry was vacuumed, it skips the first one that is left. Without `--no-tail` journalctl skips all
 * but the last ten entries between the cursor and its own start.
 */
export function followArguments(journal: Journalctl, cursor: string | undefined): string[] {
  return [...always, '--follow', '--no-tail', ...whatArguments(journal, cursor)];
}

/** Who hears of what journalctl writes. */
export interface Reading {
  onEntry(entry: ExportedEntry): void;
  /** Hears of the size of each portion that was read. */
  onBytes?(count: number): void;
  /** Ends journalctl; from then on no entry is given. */
  signal: AbortSignal;
  /** How much of one value is kept; undefined: all that is ever searched. */
  keptBytes?: number;
}

/** Runs journalctl. Resolves when it has ended and all its entries were given. Throws a RigError when it cannot be started. */
export async function runJournalctl(
  program: string,
  args: string[],
  { onEntry, onBytes, signal, keptBytes }: Reading,
): Promise<Exit & { stderr: string }> {
  // SIGKILL: it has nothing to put in order, and one that is stopped or hangs heeds nothing else.
  const child = await startProgram(program, args, { endWith: 'SIGKILL' });
  const parser = new ExportParser((entry) => {
    if (!signal.aborted) onEntry(entry);
  }, keptBytes);
  child.stdout.on('data', (portion: Buffer) => {
    onBytes?.(portion.length);
    parser.push(portion);
  });
  const drained = once(child.stdout, 'close').catch(() => undefined);
  const end = (): void => void child.end();
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  const exit = await child.ended;
  signal.removeEventListener('abort', end);
  await drained;
  return { ...exit, stderr: child.stderr().trim() };
}

/**
 * Asks for `count` entries. The newest first: those up to a cursor, or up to the last one. The oldest first: those from a cursor
 * on, its own included if it is still there. Throws a RigError when journalctl fails.
 */
export async function readSome(
  journal: Journalctl,
  { first, cursor, count }: { first: 'newest' | 'oldest'; cursor?: string; count: number },
): Promise<ExportedEntry[]> {
  const order = first === 'newest' ? ['--reverse'] : [];
  const args = [...always, ...order, `--lines=${count}`, ...whatArguments(journal, cursor)];
  const entries: ExportedEntry[] = [];
  const { exitCode, stderr } = await runJournalctl(journal.program, args, {
    onEntry: (entry) => entries.push(entry),
    signal: AbortSignal.timeout(answerMs),
    keptBytes: reportedLineBytes,
  });
  if (exitCode === null) throw new RigError(`journalctl did not answer within ${answerMs / 1000} s`);
  if (exitCode !== 0) throw new RigError(stderr.split('\n').at(-1) || `journalctl ended with exit code ${exitCode}`);
  return entries;
}
