/** Commands that leave the processor and the disk to others. */
import { findProgram } from './find-program.ts';

let lowPriority: Promise<string[]> | undefined;

/** The words before a command that has low priority. They are looked for once: the moment of a trigger is not the time for it. */
function lowPriorityWords(): Promise<string[]> {
  lowPriority ??= Promise.all([findProgram('nice'), findProgram('ionice')]).then(([nice, ionice]) => [
    ...(nice === undefined ? [] : [nice, '-n', '10']),
    ...(ionice === undefined ? [] : [ionice, '-c', '3']),
  ]);
  return lowPriority;
}

/**
 * The same command at nice 10 and in the idle class of I/O, as far as this host has the programs for it: nice(1), ionice(1).
 * Both become the command, so that its pid is the one that was started.
 */
export async function atLowPriority(file: string, args: string[]): Promise<[string, string[]]> {
  const words = [...(await lowPriorityWords()), file, ...args];
  return [words[0] as string, words.slice(1)];
}
