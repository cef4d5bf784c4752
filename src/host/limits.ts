/** The limits of this process: proc_pid_limits(5), getrlimit(2). */
import { closeSync, openSync, readFileSync } from 'node:fs';

/** In the unit of the limit; infinite where there is none. */
export interface Limit {
  soft: number;
  hard: number;
}

/** By their names in /proc/PID/limits, as `Max cpu time`. */
export type Limits = Map<string, Limit>;

const toNumber = (text = ''): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));

/** From the text of /proc/PID/limits. */
export function parseLimits(text: string): Limits {
  const rows = text.matchAll(/^(Max .+?) +(\d+|unlimited) +(\d+|unlimited) /gm);
  return new Map([...rows].map(([, name = '', soft, hard]) => [name, { soft: toNumber(soft), hard: toNumber(hard) }]));
}

/** How many descriptors are left for all but the files that are watched: the record, the log, the socket, programs. */
const keptDescriptors = 128;

let knownDescriptors: number | undefined;

/** How many descriptors this process may have. */
export function mostDescriptors(): number {
  knownDescriptors ??= readLimits().get('Max open files')?.soft ?? Number.POSITIVE_INFINITY;
  return knownDescriptors;
}

/** Whether a descriptor is one of the last that this process may have. The kernel always gives the lowest number that is free. */
export function isOneOfTheLast(descriptor: number): boolean {
  const most = mostDescriptors();
  return descriptor >= Math.max(most - keptDescriptors, most / 2);
}

/** How many descriptors are held for the end: enough to start a program and to write a file at the same time. */
const spareDescriptors = 32;

/** Takes descriptors, which nobody else can use up then. Returns what gives them back. A low limit leaves room for few, or none. */
export function takeSpareDescriptors(): () => void {
  const most = readLimits().get('Max open files')?.soft ?? 0;
  const held: number[] = [];
  try {
    while (held.length < Math.min(spareDescriptors, most / 8)) held.push(openSync('/dev/null', 'r'));
  } catch {
    // There are none to spare.
  }
  return () => {
    for (const descriptor of held.splice(0)) closeSync(descriptor);
  };
}

/** The limits of this process; none where /proc is not mounted. */
export function readLimits(): Limits {
  try {
    return parseLimits(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return new Map();
  }
}
