/** What came of each wanted process, as the manifest tells it. */
import { visible } from '../../terminal/text.ts';

/** A type and not an interface, so that it is JSON for the manifest. */
export type Outcome = {
  /** As given: a pid, a name or `@match`. */
  wanted: string;
  pid: number | null;
  /** The name that the kernel has for it (comm). */
  name: string | null;
  /**
   * - dumped: there is a core, and it is complete
   * - incomplete: there is a core, and it is not
   * - exited: the process had ended; also when its pid was another process by then
   * - not running: no process of that name
   * - failed: there is no core
   */
  status: 'dumped' | 'incomplete' | 'exited' | 'not running' | 'failed';
  /** Why, or what else should be known. */
  note: string | null;
  /** The core's file name in the action's folder. */
  file: string | null;
  /** Whether the core has every byte that its headers promise; null where there is none. */
  complete: boolean | null;
};

/** An outcome without a core. */
export function withoutCore(
  wanted: string,
  process: { pid: number; comm: string } | undefined,
  status: 'exited' | 'not running' | 'failed',
  note: string,
): Outcome {
  const { pid = null, comm = null } = process ?? {};
  return { wanted, pid, name: comm, status, note, file: null, complete: null };
}

/** One process in a message: `nginx (123)`, harmless to a terminal. */
export function label({ pid, comm }: { pid: number; comm: string }): string {
  return `${visible(comm)} (${pid})`;
}

/**
 * Why the action did not do what it is for, or undefined when it did: every process that still ran was dumped whole, and
 * there was at least one.
 */
export function describeFailure(outcomes: Outcome[]): string | undefined {
  const bad = outcomes.filter(({ status }) => status === 'failed' || status === 'incomplete');
  const dumped = outcomes.some(({ status }) => status === 'dumped');
  const told = bad.length === 0 && !dumped ? outcomes : bad;
  if (told.length === 0) return undefined;
  return told.map(({ wanted, status, note }) => `${visible(wanted)}: ${note ?? status}`).join('; ');
}
