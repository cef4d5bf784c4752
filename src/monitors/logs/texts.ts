/** The texts that lines are searched for. All of them are read in the same way. */

import { checkMessage } from './matching/check-message.ts';
import { checkEncoding } from './matching/encoding.ts';
import type { MessageOptions } from './matching/matcher.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';

/** A unit event needs no text: what systemd says of it depends on the language of the host. */
const anyText: MessageOptions = { text: '', mode: 'plain', ignoreCase: false };

/** Throws UsageError for an expression that is none; remarks on what means something else than it may seem. */
export function planTexts(
  values: LogsValues,
  remark: (text: string) => void,
): Pick<LogsPlan, 'messages' | 'exclude' | 'second'> {
  const { 'fixed-strings': isPlain, 'extended-regexp': isExpression, 'ignore-case': ignoreCase } = values;
  const mode = isPlain ? 'plain' : isExpression ? 'expression' : 'either';
  const encoding = values.encoding === undefined ? undefined : checkEncoding(values.encoding);
  const reading = encoding === undefined ? {} : { encoding };
  const check = (text: string, option: string): MessageOptions =>
    checkMessage({ text, mode, ignoreCase, ...reading }, remark, option);
  /** Of several texts a remark says which it is about. */
  const checkAll = (texts: string[], option: string): MessageOptions[] =>
    texts.map((text) => check(text, texts.length === 1 ? option : `${option} ${JSON.stringify(text)}`));
  const { message, exclude, then: following, unless } = values;
  return {
    messages: message ? checkAll(message, 'message') : [anyText],
    ...(exclude ? { exclude: checkAll(exclude, 'exclude') } : {}),
    ...(following === undefined ? {} : { second: check(following, 'then') }),
    ...(unless === undefined ? {} : { second: check(unless, 'unless') }),
  };
}

/** All texts that lines are searched for. */
export function typedTexts({ message = [], exclude = [], then: following, unless }: LogsValues): string[] {
  return [...message, ...exclude, following, unless].filter((text) => text !== undefined);
}

/** What matches, in words: `"x" or "y" in any case, passing over "z"`. */
export function describeTexts({
  messages,
  exclude,
  events,
}: Pick<LogsPlan, 'messages' | 'exclude' | 'events'>): string {
  const event = events ? `unit ${events.join(' or ')}` : '';
  const text = messages
    .filter((message) => message.text !== '')
    .map(describeText)
    .join(' or ');
  const passing = exclude ? `, passing over ${exclude.map(describeText).join(' and ')}` : '';
  return [event, text].filter(Boolean).join(' with ') + passing;
}

/** One text, in words. */
export function describeText({ text, mode, ignoreCase }: MessageOptions): string {
  const how = { plain: 'plain text ', expression: 'expression ', either: '' }[mode];
  return `${how}${JSON.stringify(text)}${ignoreCase ? ' in any case' : ''}`;
}
