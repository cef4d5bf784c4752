/** The mappings of a process: /proc/PID/smaps, proc_pid_smaps(5). */
import { aside } from '../aside.ts';
import { livingThread } from './stat.ts';

export interface Mapping {
  /** Its size in bytes, whether the process has touched it or not. */
  size: number;
  /** Whether writes to it stay in this process. */
  isPrivate: boolean;
  isExecutable: boolean;
  /** Where it begins in its file. */
  offset: number;
  /** The file, a name in brackets such as `[heap]`, or empty. */
  path: string;
  /** Whether it holds pages that are not those of the file. */
  hasAnonymous: boolean;
  /** The two letters for each of its VmFlags; empty before kernel 3.8. */
  flags: ReadonlySet<string>;
}

const heading = /^([0-9a-f]+)-([0-9a-f]+) ..(.)(.) ([0-9a-f]+) \S+ \d+ *(.*)$/;

/** The mappings in the text of smaps. */
export function parseMappings(text: string): Mapping[] {
  // Each mapping begins with a line of addresses; the lines below it have names that begin with a capital.
  return text.split(/\n(?=[0-9a-f]+-)/).flatMap((part) => {
    const [first = ''] = part.split('\n', 1);
    const [, start, end, execute, share, offset, path = ''] = heading.exec(first) ?? [];
    if (start === undefined) return [];
    return {
      size: Number.parseInt(end ?? '', 16) - Number.parseInt(start, 16),
      isPrivate: share === 'p',
      isExecutable: execute === 'x',
      offset: Number.parseInt(offset ?? '', 16),
      path,
      hasAnonymous: /^Anonymous: +[1-9]/m.test(part),
      flags: new Set(/^VmFlags: (.*)$/m.exec(part)?.[1]?.trim().split(' ')),
    };
  });
}

/** The mappings of a process; none when it is gone, or does not let them be read. */
export async function readMappings(pid: number): Promise<Mapping[]> {
  return parseMappings((await aside.readOne(`/proc/${livingThread(pid)}/smaps`))?.toString('latin1') ?? '');
}
