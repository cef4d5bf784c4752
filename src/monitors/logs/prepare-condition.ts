/** The part of the plan that says when it triggers: the texts, how often and within what time. */
import { UsageError } from '../../errors.ts';
import { formatDuration } from '../../options/units.ts';
import { checkMessage } from './matching/check-message.ts';
import type { MessageOptions } from './matching/matcher.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';

/** The texts to look for. All of them are read in the same way. Throws UsageError. */
export function checkTexts(
  values: LogsValues,
  remark: (text: string) => void,
): Pick<LogsPlan, 'message' | 'exclude' | 'next' | 'unless'> {
  const { 'fixed-strings': isPlain, 'extended-regexp': isExpression, 'ignore-case': ignoreCase } = values;
  if (isPlain && isExpression) throw new UsageError('--fixed-strings and --extended-regexp exclude each other');
  const mode = isPlain ? 'plain' : isExpression ? 'expression' : 'either';
  const check = (text: string, option: string): MessageOptions =>
    checkMessage({ text, mode, ignoreCase }, remark, option);
  const { exclude, then: following, unless } = values;
  return {
    message: values.message ? check(values.message, 'message') : anyMessage(values),
    ...(exclude ? { exclude: exclude.map((text) => check(text, 'exclude')) } : {}),
    ...(following === undefined ? {} : { next: check(following, 'then') }),
    ...(unless === undefined ? {} : { unless: check(unless, 'unless') }),
  };
}

/** A unit event needs no text: what systemd says of it is in the language of the host's administrator at best. */
function anyMessage(values: LogsValues): MessageOptions {
  if (values['unit-event']) return { text: '', mode: 'plain', ignoreCase: false };
  throw new UsageError('--message is needed: the text to wait for');
}

/** How often, and within what time. Throws UsageError for combinations that mean nothing. */
export function checkTimes(values: LogsValues): Pick<LogsPlan, 'count' | 'withinMs' | 'absentMs' | 'distinct'> {
  const { count, within: withinMs, absent: absentMs, distinct } = values;
  const kinds = (['absent', 'then', 'unless', 'count'] as const).filter((option) => values[option] !== undefined);
  const [kind, other] = kinds;
  if (other) throw new UsageError(`--${kind} and --${other} exclude each other`);
  if (distinct !== undefined && kind !== undefined && kind !== 'count')
    throw new UsageError(`--distinct and --${kind} exclude each other`);
  if ((kind === 'then' || kind === 'unless') && withinMs === undefined)
    throw new UsageError(`--${kind} needs --within DURATION: how long to wait for it`);
  if (withinMs !== undefined && (kind === undefined || kind === 'absent' || count === 1))
    throw new UsageError('--within goes with --count of at least 2, --then or --unless');
  return {
    count: count ?? 1,
    ...(withinMs === undefined ? {} : { withinMs }),
    ...(absentMs === undefined ? {} : { absentMs }),
    ...(distinct === undefined ? {} : { distinct }),
  };
}

/** What makes it trigger, for `rig list`. */
export function conditionWords(plan: LogsPlan, events: string[]): string {
  const { count, withinMs, absentMs, exclude } = plan;
  const event = events.length > 0 ? `unit ${events.join(' or ')}` : '';
  const text = plan.message.text === '' ? '' : textWords(plan.message);
  const message = [event, text].filter(Boolean).join(' with ');
  const within = withinMs === undefined ? '' : ` within ${formatDuration(withinMs)}`;
  return [
    absentMs === undefined ? message : `no ${message} for ${formatDuration(absentMs)}`,
    plan.message.ignoreCase ? ', any case' : '',
    count === 1 ? '' : `, ${count} times${within}`,
    plan.distinct === undefined ? '' : `, each kind of line ${plan.distinct === 1 ? 'once' : `${plan.distinct} times`}`,
    plan.next ? ` followed by ${textWords(plan.next)}${within}` : '',
    plan.unless ? ` not followed by ${textWords(plan.unless)}${within}` : '',
    exclude ? `, passing over ${exclude.map(textWords).join(' and ')}` : '',
  ].join('');
}

function textWords({ text, mode }: MessageOptions): string {
  return `${{ plain: 'plain text ', expression: 'expression ', either: '' }[mode]}${JSON.stringify(text)}`;
}
