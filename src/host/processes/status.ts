/** What /proc/PID/status says of a process, proc_pid_status(5), and the filter of its core dumps. */
import { readAtOnce } from './read-at-once.ts';
import { livingThread } from './stat.ts';

/** The thread group, whose number is the pid of the process, and the pid of the tracer, 0 for none. Undefined when it is gone. */
export function readProcessStatus(pid: number): { threadGroup: number; tracer: number } | undefined {
  const text = readAtOnce(livingThread(pid), 'status');
  if (text === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { threadGroup: field('Tgid'), tracer: field('TracerPid') };
}

/** The memory of a process by what is behind it, in bytes; all 0 when it is gone. */
export function readMemory(pid: number): { anonymous: number; swapped: number; shared: number; ofFiles: number } {
  const text = readAtOnce(livingThread(pid), 'status') ?? '';
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return {
    anonymous: bytes('RssAnon'),
    swapped: bytes('VmSwap'),
    shared: bytes('RssShmem'),
    ofFiles: bytes('RssFile'),
  };
}

/** Which mappings a core of a process holds, as the bits of core(5); undefined when it is gone. */
export function readDumpFilter(pid: number): number | undefined {
  const text = readAtOnce(livingThread(pid), 'coredump_filter');
  // Empty when it has no memory any more.
  return text ? Number.parseInt(text, 16) : undefined;
}
