/** What /proc/PID/status says of a process, proc_pid_status(5), and the filter of its core dumps. */
import { foundIn, type Look, readAtOnce } from './read-at-once.ts';
import { livingThread } from './stat.ts';

export interface ProcessStatus {
  /** Its number is the pid of the process. */
  threadGroup: number;
  /** The pid of the tracer, 0 for none. */
  tracer: number;
  /** Whether it is ending, and the kernel writes its core: since kernel 4.15. */
  isDumpingCore: boolean;
}

/** Looks at the status of a process. */
export function lookAtStatus(pid: number): Look<ProcessStatus> {
  const look = readAtOnce(livingThread(pid), 'status');
  if (look.life !== 'alive') return look;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(look.found)?.[1] ?? 0);
  const found = { threadGroup: field('Tgid'), tracer: field('TracerPid'), isDumpingCore: field('CoreDumping') === 1 };
  return { life: 'alive', found };
}

/** The pid of the process that traces this one; 0 for none, and where that cannot be learned. */
export const tracerOf = (pid: number): number => foundIn(lookAtStatus(pid))?.tracer ?? 0;

/** Which mappings a core of a process holds, as the bits of core(5); undefined when that cannot be learned. */
export function readDumpFilter(pid: number): number | undefined {
  const text = foundIn(readAtOnce(livingThread(pid), 'coredump_filter'));
  // Empty when it has no memory any more.
  return text ? Number.parseInt(text, 16) : undefined;
}
