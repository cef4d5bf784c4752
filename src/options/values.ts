/** From the text of an option to its value, for the command line and later for rig files. */
import { messageOf, UsageError } from '../errors.ts';
import type { Option, OptionTable, Space, Values } from './table.ts';
import { formatDuration, parseDuration, parseSize } from './units.ts';

/** What was given for each option: its texts; for a flag and a `--no-NAME`, whether it is on. Options not given are left out. */
export type Given = Record<string, string[] | boolean>;

function parseWhole(text: string, minimum: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < minimum || !Number.isSafeInteger(value))
    throw new Error(`expected a whole number of at least ${minimum}, got ${JSON.stringify(text)}`);
  return value;
}

function parseSpace(text: string): Space {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1] ?? Number.NaN);
  if (percent <= 100) return { percent };
  if (text.includes('%')) throw new Error(`expected at most 100%, got ${JSON.stringify(text)}`);
  return { bytes: parseSize(text) };
}

function parseChoice(text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  const expected = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
  throw new Error(`expected ${expected}, got ${JSON.stringify(text)}`);
}

function parseList(texts: string[]): string[] {
  const braces = texts.find((text) => /\{[^{}]*,[^{}]*\}/.test(text));
  if (braces !== undefined)
    throw new Error(
      `braces are not expanded here: name each value, with commas between, got ${JSON.stringify(braces)}`,
    );
  // "$(pidof nginx)" in quotes is one text of several numbers.
  const values = texts.flatMap((text) => text.split(/^[\d ]+$/.test(text) ? ' ' : ',')).map((value) => value.trim());
  if (values.includes(''))
    throw new Error(`expected a comma-separated list without gaps, got ${JSON.stringify(texts.join(','))}`);
  return values;
}

function parseDurationUpTo(text: string, { orZero, most = Infinity }: { orZero?: true; most?: number }): number {
  const ms = parseDuration(text, orZero);
  if (ms <= most) return ms;
  throw new Error(`expected at most ${formatDuration(most)}, got ${JSON.stringify(text)}`);
}

function parseOne(option: Option, text: string): unknown {
  switch (option.kind) {
    case 'choice':
      return parseChoice(text, option.choices);
    case 'count':
      return parseWhole(text, 1);
    case 'integer':
      return parseWhole(text, option.minimum);
    case 'size':
      return parseSize(text, 1);
    case 'space':
      return parseSpace(text);
    case 'duration':
      return parseDurationUpTo(text, option);
    default:
      return text;
  }
}

/** The error for an option that was given without its value. */
export function missingValue(name: string, option: Option): UsageError {
  const why = option.kind === 'list' ? option.whenEmpty : undefined;
  const hint = `needs a value; one that begins with a dash is written --${name}=-VALUE`;
  return new UsageError(`--${name}: ${why ?? hint}`);
}

/** Throws an Error that says what is wrong, without the option's name. */
function convert(option: Option, given: string[] | boolean): unknown {
  if (typeof given === 'boolean') return given;
  // Node has replaced what is not UTF-8 in argv: the typed text is lost.
  if (given.some((text) => text.includes('\ufffd')))
    throw new Error('expected UTF-8; is the terminal set to another encoding?');
  if (option.kind === 'list') return parseList(given);
  if (option.kind === 'choices') return parseList(given).map((text) => parseChoice(text, option.choices));
  if (option.kind === 'texts') return given;
  if (given.length > 1) throw new Error('given more than once');
  return parseOne(option, given[0] as string);
}

/** The name as it was typed: `no-journal` for `--no-journal`. */
const spellingOf = (name: string, given: string[] | boolean): string => (given === false ? `no-${name}` : name);

function checkRelations(table: OptionTable, given: Given, others: Given): void {
  const spellings = new Set(Object.entries({ ...others, ...given }).map(([name, value]) => spellingOf(name, value)));
  const list = (names: readonly string[]) => names.map((name) => `--${name}`).join(' or ');
  for (const [name, option] of Object.entries(table)) {
    const { needs = [], excludes = [], requiredUnless } = option;
    const value = given[name];
    if (requiredUnless && value === undefined && !requiredUnless.some((other) => spellings.has(other))) {
      const hint = 'hint' in option ? ` ${option.hint}` : '';
      throw new UsageError(
        `--${[name, ...requiredUnless].join(' or --')}${requiredUnless.length ? '' : hint} is needed: ${option.summary}`,
      );
    }
    if (value === undefined) continue;
    const spelling = spellingOf(name, value);
    if (needs.length > 0 && !needs.some((other) => spellings.has(other)))
      throw new UsageError(`--${spelling} goes with ${list(needs)}, which is not given`);
    const excluded = spelling === name ? excludes.find((other) => spellings.has(other)) : undefined;
    if (excluded !== undefined) throw new UsageError(`--${name} and --${excluded} exclude each other`);
  }
}

/**
 * The values of what was given; `others` are options given beside this table. Throws a UsageError that names the option, what
 * was expected and what came, also if options do not go together.
 */
export function toValues<T extends OptionTable>(table: T, given: Given, others: Given = {}): Values<T> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<Option>(table)) {
    const raw = given[name];
    if (Array.isArray(raw) && raw.includes('')) throw missingValue(name, option);
    try {
      values[name] =
        raw === undefined ? (option.default ?? (option.kind === 'flag' ? false : undefined)) : convert(option, raw);
    } catch (error) {
      throw new UsageError(`--${name}: ${messageOf(error)}`, { cause: error });
    }
  }
  checkRelations(table, given, others);
  return values as Values<T>;
}
