/** What a process uses of the host. */
import { readFile } from 'node:fs/promises';
import { ticksPerSecond } from './start-time.ts';

/** What a process has used so far. */
export interface Usage {
  pid: number;
  /** Its own alone: what it has written to. The rest, as the program file itself, it shares with others of its kind. */
  privateBytes: number;
  /** In user and kernel mode, of all its threads; children are not counted. */
  cpuSeconds: number;
}

/** Memory and CPU of a process; undefined when it is gone. See Private_Dirty in proc_pid_smaps(5), utime and stime in proc_pid_stat(5). */
export async function readUsage(pid: number): Promise<Usage | undefined> {
  try {
    const [memory, text] = [
      await readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
      await readFile(`/proc/${pid}/stat`, 'utf8'),
    ];
    const [kiB] = /(?<=^Private_Dirty:\s+)\d+/m.exec(memory) ?? [];
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { pid, privateBytes: Number(kiB) * 1024, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    // It has ended. A kernel without smaps_rollup (before 4.14) is older than any that rig runs on.
    return undefined;
  }
}
