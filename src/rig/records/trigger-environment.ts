/** The facts of a trigger as environment variables, for the programs that a user names. No log text is ever part of a command. */
import type { Trigger } from '../../plugin.ts';
import { settledProcess } from './trigger.ts';

/**
 * How long one value may be, and all that a line gives together: execve(2) refuses a string of 128 KiB and more, and together
 * with the arguments all of them have a quarter of the stack's limit, 2 MiB as a rule.
 */
const longestValueBytes = 100 * 1024;
const longestTogetherBytes = 512 * 1024;

/** At most so many bytes, no character cut in two. */
function cutBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  let end = most;
  // A byte 10xxxxxx continues a character: utf-8(7).
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** A NUL would end the value: it is written as escape. */
const withoutNul = (text: string): string => text.replaceAll('\0', '\\x00');

/** Names that a shell can read: letters, digits and underscores. */
const asVariable = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_');

/**
 * RIG_ID, RIG_MONITOR, RIG_SOURCE, RIG_LINE, RIG_TIME, RIG_PID where a process is known, and for each group of the expression
 * that took part RIG_MATCH_1 and so on, or RIG_MATCH_NAME with its name. What is too long is cut; the manifest has it whole.
 */
export async function triggerEnvironment(id: string, trigger: Trigger): Promise<Record<string, string>> {
  const { monitor, subject, text, time, facts } = trigger;
  const process = await settledProcess(trigger);
  const variables: [string, string][] = [
    ['RIG_ID', id],
    ['RIG_MONITOR', monitor],
    ['RIG_TIME', time],
    ['RIG_SOURCE', subject],
    ...(process ? ([['RIG_PID', String(process.pid)]] as [string, string][]) : []),
    ['RIG_LINE', text],
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
