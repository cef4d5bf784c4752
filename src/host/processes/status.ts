/** What /proc/PID/status says of a process, proc_pid_status(5), and the filter of its core dumps. */
import { readAtOnce } from './read-at-once.ts';
import { livingThread } from './stat.ts';

export interface ProcessStatus {
  /** Its number is the pid of the process. */
  threadGroup: number;
  /** The pid of the tracer, 0 for none. */
  tracer: number;
  /** Whether it is ending, and the kernel writes its core: since kernel 4.15. */
  isDumpingCore: boolean;
}

/** Undefined when the process is gone. */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  const text = readAtOnce(livingThread(pid), 'status');
  if (text === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { threadGroup: field('Tgid'), tracer: field('TracerPid'), isDumpingCore: field('CoreDumping') === 1 };
}

/** Which mappings a core of a process holds, as the bits of core(5); undefined when it is gone. */
export function readDumpFilter(pid: number): number | undefined {
  const text = readAtOnce(livingThread(pid), 'coredump_filter');
  // Empty when it has no memory any more.
  return text ? Number.parseInt(text, 16) : undefined;
}
