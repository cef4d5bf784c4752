/** What came of each wanted process, for the manifest. */
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
   * - ended: there is a core, and it is complete, but the process has ended right after the dump
   * - exited: the process had ended, even if another one has its pid
   * - not running: no process of that name
   * - failed: there is no core
   */
  status: 'dumped' | 'incomplete' | 'ended' | 'exited' | 'not running' | 'failed';
  /** Why, or what else is worth knowing. */
  note: string | null;
  /** The core's file name in the action's folder. */
  file: string | null;
  /** Whether the core has every byte that its headers promise; null if there is no core. */
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

/**
 * Why the action failed; undefined if it did not. It did not if it dumped at least one process, if no core is incomplete or
 * missing of a process that still ran, and if none of them has ended since.
 */
export function describeFailure(outcomes: Outcome[]): string | undefined {
  const bad = outcomes.filter(({ status }) => ['failed', 'incomplete', 'ended'].includes(status));
  const dumped = outcomes.some(({ status }) => status === 'dumped');
  const told = bad.length === 0 && !dumped ? outcomes : bad;
  if (told.length === 0) return undefined;
  return told.map(({ wanted, status, note }) => `${visible(wanted)}: ${note ?? status}`).join('; ');
}
