/** The option table: parsing, types, checks, help and completion all come from it. */

interface OptionBase<V> {
  /** One line for help, at most 72 characters. */
  summary: string;
  /** A paragraph for the man page. */
  detail?: string;
  /** A one-letter spelling, without the dash. */
  short?: string;
  /** Another long spelling, that of a program which people know. */
  alias?: string;
  /** Spellings that people try, and what they mean here. An error names it. */
  tried?: Readonly<Record<string, string>>;
  /** Its value if it is not given. */
  default?: V;
  /** The default in words, if it depends on the host. */
  defaultWords?: string;
  /** At least one of these must be given with it. */
  needs?: readonly string[];
  /** None of these may be given with it. Names as they are typed: also `no-files`. */
  excludes?: readonly string[];
  /** It must be given, unless one of these is. */
  requiredUnless?: readonly string[];
  /** What completes its value. */
  completes?: 'process' | 'unit' | 'file' | 'folder' | 'interface' | 'program';
  /** For an option of a monitor's condition: whether it waits for events or looks at a level. */
  gives?: 'event' | 'level';
}

interface WithValue<V> extends OptionBase<V> {
  /** The name of the value in help. */
  hint: string;
}

/** An amount of disk space: in bytes, or as a share of the file system. */
export type Space = { bytes: number } | { percent: number };

/**
 * One option.
 * - flag: given or not. With `default: true` it is typed as `--no-NAME`, and its summary says what that does
 * - text: one value, not empty
 * - texts: values that may hold commas; each repetition of the option gives one
 * - list: comma-separated values; the option may be repeated. With `bareNumbers`, numbers that follow belong to it. With
 *   `negated`, a line of help, there is also `--no-NAME`, which gives false. `whenEmpty` is the error if there is no value
 * - choice, choices: one of a few words, or a comma-separated list of them
 * - count: a whole number of at least 1; with `otherwise`, that is its value if none is typed
 * - integer: a whole number of at least `minimum`, which may be negative
 * - size: `512K 10M 2G`, in bytes
 * - space: a size, or a percentage of a file system
 * - duration: `250ms 10s 5m 2h 1d`, a bare number is seconds; in milliseconds, at most `most`; 0 only with `orZero`
 */
export type Option =
  | ({ kind: 'flag' } & OptionBase<boolean>)
  | ({ kind: 'text' } & WithValue<string>)
  | ({ kind: 'texts' } & WithValue<string[]>)
  | ({ kind: 'list'; bareNumbers?: true; negated?: string; whenEmpty?: string } & WithValue<string[]>)
  | ({ kind: 'choice'; choices: readonly string[] } & WithValue<string>)
  | ({ kind: 'choices'; choices: readonly string[] } & WithValue<string[]>)
  | ({ kind: 'count'; otherwise?: number } & WithValue<number>)
  | ({ kind: 'integer'; minimum: number } & WithValue<number>)
  | ({ kind: 'size' } & WithValue<number>)
  | ({ kind: 'space' } & WithValue<Space>)
  | ({ kind: 'duration'; orZero?: true; most?: number } & WithValue<number>);

/** Options by their long name, without the dashes. */
export type OptionTable = Record<string, Option>;

interface ValueOf {
  flag: boolean;
  text: string;
  texts: string[];
  list: string[];
  count: number;
  integer: number;
  size: number;
  space: Space;
  duration: number;
}

type Given<O extends Option> = O extends { kind: 'choice'; choices: readonly (infer Word)[] }
  ? Word
  : O extends { kind: 'choices'; choices: readonly (infer Word)[] }
    ? Word[]
    : O extends { kind: keyof ValueOf }
      ? ValueOf[O['kind']] | (O extends { negated: string } ? false : never)
      : never;

type Present<O extends Option> = O extends { kind: 'flag' } | { default: unknown } ? never : undefined;

/** The values of a table's options. An option that is not given has its default; without one it is undefined, a flag false. */
export type Values<T extends OptionTable> = { [Name in keyof T]: Given<T[Name]> | Present<T[Name]> };

/** Whether `--no-NAME` may be typed. */
export const isNegatable = (option: Option): boolean =>
  (option.kind === 'flag' && option.default === true) || (option.kind === 'list' && option.negated !== undefined);
