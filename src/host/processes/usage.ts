/** What a process uses of the host. */
import { aside } from '../aside.ts';
import { ticksPerSecond } from './start-time.ts';
import { readCpuTicks } from './stat.ts';

/** What a process has used so far. */
export interface Usage {
  pid: number;
  /** The memory that it alone has written to: Private_Dirty in proc_pid_smaps(5). The rest, such as its program, it shares. */
  privateBytes: number;
  /** In user and kernel mode, of all its threads, without its children. */
  cpuSeconds: number;
}

/** Undefined when the process is gone or does not let itself be read, and on kernels without smaps_rollup (before 4.14). */
export async function readUsage(pid: number): Promise<Usage | undefined> {
  const memory = (await aside.readOne(`/proc/${pid}/smaps_rollup`))?.toString() ?? '';
  const [kiB] = /(?<=^Private_Dirty:\s+)\d+/m.exec(memory) ?? [];
  const cpuSeconds = readCpuTicks(pid) / ticksPerSecond;
  if (kiB === undefined || Number.isNaN(cpuSeconds)) return undefined;
  return { pid, privateBytes: Number(kiB) * 1024, cpuSeconds };
}
