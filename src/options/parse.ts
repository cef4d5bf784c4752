/** From argv to typed values, by an option table. */
import minimist from 'minimist';
import { messageOf, UsageError } from '../errors.ts';
import type { Option, OptionTable, Space, Values } from '../plugin.ts';
import { nearest } from './nearest.ts';
import { parseChoice, parseCount, parseDuration, parseInteger, parseList, parseSize, parseSpace } from './values.ts';

function unknownOption(typed: string, table: OptionTable): UsageError {
  const name = nearest(typed.replace(/^-+/, '').replace(/=.*/s, ''), Object.keys(table));
  const shown = typed.replace(/=.*/s, '');
  return new UsageError(`unknown option ${shown}${name === undefined ? '' : `: did you mean --${name}?`}`);
}

/** One argument after the other, so that an option can take those that follow it. */
class Arguments {
  readonly #argv: string[];
  #next = 0;
  constructor(argv: string[]) {
    this.#argv = argv;
  }
  take(): string | undefined {
    return this.#argv[this.#next++];
  }
  takeIf(belongs: (argument: string) => boolean): string | undefined {
    const argument = this.#argv[this.#next];
    return argument !== undefined && belongs(argument) ? this.take() : undefined;
  }
}

/** What follows a bare `--option`: its value, and the numbers that belong to it. */
function takeValue(name: string, option: Option, args: Arguments): string {
  if (option.kind === 'flag') return 'true';
  if (option.kind === 'count' && option.otherwise !== undefined)
    return args.takeIf((argument) => /^\d+$/.test(argument)) ?? String(option.otherwise);
  const isNumber = option.kind === 'integer' ? /^-\d/ : /^-$/;
  const first = args.takeIf((argument) => !argument.startsWith('-') || isNumber.test(argument));
  if (option.kind !== 'list' || !option.bareNumbers) {
    if (first === undefined)
      throw new UsageError(`--${name}: needs a value; one that begins with a dash is written --${name}=-VALUE`);
    return first;
  }
  // `--gcore $(pidof x)` with nothing found: the action itself says what that means.
  const values = [first ?? ''];
  for (;;) {
    const number = args.takeIf((argument) => /^\d+(,\d+)*$/.test(argument));
    if (number === undefined) return values.join(',');
    values.push(number);
  }
}

/** Splits `-iEm TEXT` and `-mTEXT`: flags, and one option with a value at the end. */
function bindShort(argument: string, table: OptionTable, args: Arguments): string[] {
  const bound: string[] = [];
  for (let at = 1; at < argument.length; at++) {
    const [name, option] = Object.entries(table).find(([, { short }]) => short === argument[at]) ?? [];
    if (name === undefined || option === undefined) throw unknownOption(`-${argument[at]}`, table);
    if (option.kind === 'flag') {
      bound.push(`--${name}=true`);
      continue;
    }
    const rest = argument.slice(at + 1).replace(/^=/, '');
    return [...bound, `--${name}=${rest === '' ? takeValue(name, option, args) : rest}`];
  }
  return bound;
}

/**
 * Writes every option as `--name=value`. minimist alone guesses: it reads `--message 500` as a number, `--no-files` as
 * `files: false`, gives `--gcore 12 34` only the first, and does not know `-mTEXT`.
 */
function bindValues(argv: string[], table: OptionTable): string[] {
  const args = new Arguments(argv);
  const bound: string[] = [];
  const words: string[] = [];
  for (let argument = args.take(); argument !== undefined; argument = args.take()) {
    const [, name, value] = /^--([^=]+)(=.*)?$/s.exec(argument) ?? [];
    const option = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
    if (argument === '--') {
      for (let word = args.take(); word !== undefined; word = args.take()) words.push(word);
    } else if (name !== undefined && option !== undefined) {
      if (option.kind === 'flag' && value !== undefined) throw new UsageError(`--${name} takes no value`);
      bound.push(value === undefined ? `--${name}=${takeValue(name, option, args)}` : argument);
    } else if (name !== undefined) {
      throw unknownOption(argument, table);
    } else if (/^-./.test(argument)) {
      bound.push(...bindShort(argument, table, args));
    } else {
      words.push(argument);
    }
  }
  return [...bound, '--', ...words];
}

/** The value of one option from what minimist collected. Throws an Error that says what is wrong, without the option's name. */
function convert(option: Option, raw: string | string[] | undefined): string | string[] | number | Space | undefined {
  if (raw === undefined || option.kind === 'flag') return undefined;
  const texts = Array.isArray(raw) ? raw : [raw];
  // Node replaces what is not UTF-8 in argv; the text that was typed is lost, and would never be found.
  if (texts.some((text) => text.includes('\ufffd')))
    throw new Error('expected UTF-8; is the terminal set to another encoding?');
  if (option.kind === 'list') {
    return option.bareNumbers && texts.every((text) => text === '') ? [] : parseList(texts);
  }
  const [text = ''] = texts;
  if (option.kind === 'texts') {
    if (texts.includes('')) throw new Error('needs a value, got an empty one');
    return texts;
  }
  if (texts.length > 1) throw new Error('given more than once');
  if (text === '') throw new Error('needs a value, got an empty one');
  switch (option.kind) {
    case 'count':
      return parseCount(text);
    case 'integer':
      return parseInteger(text, option.minimum);
    case 'size':
      return parseSize(text, 1);
    case 'space':
      return parseSpace(text);
    case 'choice':
      return parseChoice(text, option.choices);
    case 'duration':
      return parseDuration(text, option.orZero);
    default:
      return text;
  }
}

/**
 * Parses what follows a subcommand. `words` are the arguments that belong to no option.
 * Throws a UsageError that names the option, what was expected and what came.
 */
export function parseOptions<T extends OptionTable>(table: T, argv: string[]): { values: Values<T>; words: string[] } {
  const names = Object.keys(table);
  const raw = minimist(bindValues(argv, table), {
    string: [...names.filter((name) => table[name]?.kind !== 'flag'), '_'],
    boolean: names.filter((name) => table[name]?.kind === 'flag'),
  });
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table)) {
    try {
      values[name] = option.kind === 'flag' ? raw[name] === true : convert(option, raw[name]);
    } catch (error) {
      throw new UsageError(`--${name}: ${messageOf(error)}`, { cause: error });
    }
  }
  return { values: values as Values<T>, words: raw._ };
}
