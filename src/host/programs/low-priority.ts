/** Commands that leave the processor and the disk to others. */
import { findProgram } from './find-program.ts';

/**
 * The same command at nice 10 and in the idle class of I/O, as far as this host has nice(1) and ionice(1). Both become the
 * command with execve(2), so it keeps the pid that was started.
 */
export async function atLowPriority(file: string, args: string[]): Promise<[string, string[]]> {
  const [nice, ionice] = [await findProgram('nice'), await findProgram('ionice')];
  const idle = ionice === undefined ? [file, ...args] : [ionice, '-c', '3', file, ...args];
  const [command = file, ...rest] = nice === undefined ? idle : [nice, '-n', '10', ...idle];
  return [command, rest];
}
