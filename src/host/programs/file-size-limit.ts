/** Commands whose files cannot become larger than there is room for. */
import { findProgram } from './find-program.ts';

/**
 * The same command with a limit for the size of each file that it writes (RLIMIT_FSIZE, setrlimit(2)), if this host has
 * prlimit(1). A write beyond it fails, or ends the program with SIGXFSZ. prlimit becomes the command with execve(2), so it keeps
 * the pid that was started.
 */
export async function withFileSizeLimit(bytes: number, file: string, args: string[]): Promise<[string, string[]]> {
  const prlimit = await findProgram('prlimit');
  return prlimit === undefined ? [file, args] : [prlimit, [`--fsize=${Math.floor(bytes)}`, '--', file, ...args]];
}
