/** From argv to what was given for each option of a table. minimist splits argv; what it would misread is rewritten first. */
import minimist from 'minimist';
import { UsageError } from '../errors.ts';
import { nearest } from './nearest.ts';
import { isNegatable, type Option, type OptionTable } from './table.ts';
import { type Given, missingValue } from './values.ts';

function unknownOption(typed: string, table: OptionTable): UsageError {
  const shown = typed.replace(/=.*/s, '');
  // `-f/var/log/x` is `-f` with its value.
  const meant = meantBy(shown.replace(/^-+/, ''), table) ?? triedFor(/^-(\w)/.exec(shown)?.[1] ?? '', table);
  return new UsageError(`unknown option ${shown}${meant === undefined ? '' : `: did you mean ${meant}?`}`);
}

/** What to type instead of an unknown spelling; undefined if nothing is near. */
function meantBy(spelling: string, table: OptionTable): string | undefined {
  const name = nearest(spelling, Object.entries(table).flatMap(spellingsOf));
  return triedFor(spelling, table) ?? (name === undefined ? undefined : `--${name}`);
}

/** How an option may be typed: `--files` is there from the beginning, only `--no-files` says something. */
function spellingsOf([name, option]: [string, Option]): string[] {
  return [
    ...(option.kind === 'flag' && isNegatable(option) ? [] : [name]),
    ...(isNegatable(option) ? [`no-${name}`] : []),
  ];
}

function triedFor(spelling: string, table: OptionTable): string | undefined {
  const found = Object.values(table).find(({ tried }) => tried && Object.hasOwn(tried, spelling));
  return found?.tried?.[spelling];
}

/** Writes each option by its own name, as in `--journal` for `--unit`. */
function withoutAliases(argv: string[], table: OptionTable): string[] {
  const names = new Map(Object.entries(table).flatMap(([name, { alias }]) => (alias ? [[alias, name]] : [])));
  return argv.map((argument) => {
    const [, typed = '', rest = ''] = /^--([^=]+)(=.*)?$/s.exec(argument) ?? [];
    const name = names.get(typed);
    return name === undefined ? argument : `--${name}${rest}`;
  });
}

const longNameOf = (letter: string | undefined, table: OptionTable): string | undefined =>
  Object.keys(table).find((name) => table[name]?.short === letter);

const takesValue = (option: Option | undefined): boolean => option !== undefined && option.kind !== 'flag';

/** Splits `-iEmTEXT` into `-iE` and `--message=TEXT`: minimist would read each letter as an option. */
function splitShort(argument: string, table: OptionTable): string[] {
  const letters = argument.slice(1);
  for (let at = 0; at < letters.length - 1; at++) {
    const name = longNameOf(letters[at], table);
    if (name === undefined || !takesValue(table[name])) continue;
    const value = letters.slice(at + 1).replace(/^=/, '');
    return [...(at > 0 ? [`-${letters.slice(0, at)}`] : []), `--${name}=${value}`];
  }
  return [argument];
}

/** How many of the following arguments are the option's value; undefined if minimist gets that right. */
function countValues(option: Option, following: string[]): number | undefined {
  const isNumbers = (argument = '') => /^\d+(,\d+)*$/.test(argument);
  // minimist would take the word `true` or `false` behind a flag for its value.
  if (option.kind === 'flag') return 0;
  if (option.kind === 'count' && option.otherwise !== undefined) return isNumbers(following[0]) ? 1 : 0;
  if (option.kind === 'integer') return /^-\d/.test(following[0] ?? '') ? 1 : undefined;
  if (option.kind !== 'list' || !option.bareNumbers) return undefined;
  if (following[0] === undefined || following[0].startsWith('-')) return 0;
  const end = following.findIndex((argument, index) => index > 0 && !isNumbers(argument));
  return end < 0 ? following.length : end;
}

/**
 * Rewrites as `--name=value` what minimist would misread: `--gcore 12 34`, `--restart -1`, `--distinct` without its number, a
 * flag before the word `true`, and `-mTEXT`.
 */
function prepare(argv: string[], table: OptionTable): string[] {
  const prepared: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] as string;
    if (argument === '--') return [...prepared, ...argv.slice(at)];
    const letter = /^-([A-Za-z])$/.exec(argument)?.[1];
    const name = letter === undefined ? /^--([^=]+)$/.exec(argument)?.[1] : longNameOf(letter, table);
    const option = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
    const count = option && countValues(option, argv.slice(at + 1));
    if (option && count !== undefined) {
      const otherwise = option.kind === 'count' ? String(option.otherwise) : '';
      prepared.push(`--${name}=${argv.slice(at + 1, at + 1 + count).join(',') || otherwise}`);
      at += count;
    } else if (option && name !== undefined && takesValue(option) && /^-./.test(argv[at + 1] ?? '')) {
      throw missingValue(name, option);
    } else if (/^-[^-]./.test(argument)) prepared.push(...splitShort(argument, table));
    else prepared.push(argument);
  }
  return prepared;
}

/** Refuses what minimist accepts in silence: a value for a flag, and names that every object has. */
function refuseStrange(argv: string[], table: OptionTable): void {
  for (const argument of argv) {
    const [, no = '', name = '', value] = /^--(no-)?([^=]+)(=)?/.exec(argument) ?? [];
    if (name in {}) throw unknownOption(argument, table);
    const option = table[name];
    if (option && value !== undefined && (no ? isNegatable(option) : option.kind === 'flag'))
      throw new UsageError(`--${no}${name} takes no value`);
  }
}

/** `isNegated`: `--no-NAME` was typed. minimist forgets it if the option follows. */
function givenFor(name: string, option: Option, raw: unknown, isNegated: boolean): string[] | boolean {
  if (isNegated && !isNegatable(option)) throw new UsageError(`unknown option --no-${name}`);
  if (option.kind === 'flag') {
    if (raw === true || isNegated) return raw === true;
    throw new UsageError(`--${name} takes no value`);
  }
  const values = [raw].flat();
  if (!isNegated) return values as string[];
  if (values.some((value) => value !== false)) throw new UsageError(`--${name} and --no-${name} exclude each other`);
  return false;
}

/**
 * What was given for each option, and `words`, the arguments that belong to none. Throws a UsageError that names an unknown
 * option and the nearest known one.
 */
export function readArguments(table: OptionTable, argv: string[]): { given: Given; words: string[] } {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const typed = withoutAliases(argv.slice(0, end), table);
  refuseStrange(typed, table);
  const names = Object.keys(table);
  const flags = names.filter((name) => !takesValue(table[name]));
  const raw = minimist(prepare([...typed, ...argv.slice(end)], table), {
    string: [...names.filter((name) => takesValue(table[name])), '_'],
    boolean: flags,
    // Otherwise a flag that is not given would be false, as if it had been negated.
    default: Object.fromEntries(flags.map((name) => [name, null])),
    alias: Object.fromEntries(names.flatMap((name) => (table[name]?.short ? [[name, table[name].short]] : []))),
    unknown: (argument) => {
      if (/^-./.test(argument)) throw unknownOption(argument, table);
      return true;
    },
  });
  const given: Given = {};
  for (const [name, option] of Object.entries(table)) {
    if (raw[name] === undefined || raw[name] === null) continue;
    given[name] = givenFor(name, option, raw[name], typed.includes(`--no-${name}`));
  }
  return { given, words: raw._ };
}
