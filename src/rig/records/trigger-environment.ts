/** A trigger as environment variables for the user's programs: log text is never part of a command. */
import type { Trigger } from '../../plugin.ts';

/**
 * How long one value may be, and all values together. execve(2) refuses a string of 128 KiB, and arguments and environment
 * that take more than a quarter of the stack's limit, usually 2 MiB.
 */
const longestValueBytes = 100 * 1024;
const longestTogetherBytes = 512 * 1024;

/** The beginning of a text: at most `most` bytes, no character cut in two. */
function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // A byte 10xxxxxx continues a character: utf-8(7).
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** A NUL would end the value, so it becomes an escape. */
const withoutNul = (text: string): string => text.replaceAll('\0', '\\x00');

/** A name that a shell can read: letters, digits and underscores. */
const asVariable = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_');

/**
 * RIG_ID, RIG_MONITOR, RIG_SOURCE, RIG_LINE, RIG_TIME, RIG_PID if a process is known, RIG_MESSAGE if there are several, and
 * RIG_MATCH_1 or RIG_MATCH_NAME for each group of the expression that matched. Values that are too long are cut; the manifest
 * has them whole.
 */
export async function triggerEnvironment(id: string, trigger: Trigger): Promise<Record<string, string>> {
  const { monitor, subject, text, time, facts } = trigger;
  const process = await trigger.process;
  const variables: [string, string][] = [
    ['RIG_ID', id],
    ['RIG_MONITOR', monitor],
    ['RIG_TIME', time],
    ['RIG_SOURCE', subject],
    ...(process ? ([['RIG_PID', String(process.pid)]] as [string, string][]) : []),
    ['RIG_LINE', text],
    ...(typeof facts.message === 'string' ? ([['RIG_MESSAGE', facts.message]] as [string, string][]) : []),
    ...Object.entries(facts.groups ?? {}).flatMap(([name, captured]): [string, string][] =>
      typeof captured === 'string' ? [[`RIG_MATCH_${asVariable(name)}`, captured]] : [],
    ),
  ];
  let left = longestTogetherBytes;
  return Object.fromEntries(
    variables.map(([name, value]) => {
      const cut = cutBytes(withoutNul(value), Math.min(longestValueBytes, left));
      left -= Buffer.byteLength(cut);
      return [name, cut];
    }),
  );
}
