/** The texts that lines are searched for. All of them are read in the same way. */

import { checkMessage } from './matching/check-message.ts';
import { checkEncoding } from './matching/encoding.ts';
import type { MessageOptions } from './matching/matcher.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';

/** Throws UsageError for an expression that is none; remarks on what means something else than it may seem. */
export function planTexts(
  values: LogsValues,
  remark: (text: string) => void,
): Pick<LogsPlan, 'message' | 'exclude' | 'second'> {
  const { 'fixed-strings': isPlain, 'extended-regexp': isExpression, 'ignore-case': ignoreCase } = values;
  const mode = isPlain ? 'plain' : isExpression ? 'expression' : 'either';
  const encoding = values.encoding === undefined ? undefined : checkEncoding(values.encoding);
  const reading = encoding === undefined ? {} : { encoding };
  const check = (text: string, option: string): MessageOptions =>
    checkMessage({ text, mode, ignoreCase, ...reading }, remark, option);
  const { message, exclude, then: following, unless } = values;
  return {
    // A unit event needs no text: what systemd says of it depends on the language of the host.
    message: message === undefined ? { text: '', mode: 'plain', ignoreCase: false } : check(message, 'message'),
    ...(exclude ? { exclude: exclude.map((text) => check(text, 'exclude')) } : {}),
    ...(following === undefined ? {} : { second: check(following, 'then') }),
    ...(unless === undefined ? {} : { second: check(unless, 'unless') }),
  };
}

/** All texts that lines are searched for. */
export function typedTexts({ message, exclude = [], then: following, unless }: LogsValues): string[] {
  return [message, ...exclude, following, unless].filter((text) => text !== undefined);
}

/** What matches, in words: `"x" in any case, passing over "y"`. */
export function describeTexts({ message, exclude, events }: Pick<LogsPlan, 'message' | 'exclude' | 'events'>): string {
  const event = events ? `unit ${events.join(' or ')}` : '';
  const text = message.text === '' ? '' : describeText(message);
  const passing = exclude ? `, passing over ${exclude.map(describeText).join(' and ')}` : '';
  return [event, text].filter(Boolean).join(' with ') + passing;
}

/** One text, in words. */
export function describeText({ text, mode, ignoreCase }: MessageOptions): string {
  const how = { plain: 'plain text ', expression: 'expression ', either: '' }[mode];
  return `${how}${JSON.stringify(text)}${ignoreCase ? ' in any case' : ''}`;
}
