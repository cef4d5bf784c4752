/** What /proc/PID/status says of a process, and the filter of its core dumps. */
import { readAtOnce } from './read-at-once.ts';

/** What /proc/PID/status has and stat has not; undefined when there is no such process. See proc_pid_status(5). */
export async function readProcessStatus(pid: number): Promise<{ threadGroup: number; tracer: number } | undefined> {
  const text = readAtOnce(pid, 'status');
  if (text === undefined) return undefined;
  const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { threadGroup: field('Tgid'), tracer: field('TracerPid') };
}

/**
 * How large a core of a process will be at least, in bytes: what it has in memory and in swap of the mappings that its dump
 * filter selects. 0 when it is gone. See VmSwap and RssAnon in proc_pid_status(5), and core(5).
 */
export async function estimateCore(pid: number): Promise<number> {
  const status = readAtOnce(pid, 'status') ?? '';
  const filter = readAtOnce(pid, 'coredump_filter');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  const bits = Number.parseInt(filter || '33', 16);
  const anonymous = bits & 0b0001 ? kilobytes('RssAnon') + kilobytes('VmSwap') : 0;
  const shared = bits & 0b0010 ? kilobytes('RssShmem') : 0;
  const ofFiles = bits & 0b1100 ? kilobytes('RssFile') : 0;
  return (anonymous + shared + ofFiles) * 1024;
}
