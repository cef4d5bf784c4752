import { RigError, SeveralErrors, UsageError } from '../errors.ts';
import type { OptionTable, Values } from '../options/table.ts';
import { type Given, toValues } from '../options/values.ts';
import { visible } from '../terminal/text.ts';

/** A subcommand: what it is called, what it takes, what it does. Its exit code is 0 unless it returns another or throws. */
export interface Command {
  name: string;
  /** What follows the name, for the usage line. */
  usage: string;
  summary: string;
  /** Options in groups, as help shows them; names are unique across groups. */
  groups: { title: string; options: OptionTable }[];
  /** What else help says: where results go, exit codes. */
  notes: string;
  examples: string[];
  run(given: Given, words: string[], commandLine: string[]): Promise<number | undefined>;
}

interface Definition<T extends OptionTable> extends Omit<Command, 'groups' | 'run'> {
  options: T;
  run(values: Values<T>, words: string[]): Promise<number | undefined>;
}

/** A subcommand with one table of options. */
export function defineCommand<const T extends OptionTable>({ options, run, ...command }: Definition<T>): Command {
  return {
    ...command,
    groups: [{ title: 'Options', options }],
    run: (given, words) => run(toValues(options, given), words),
  };
}

/** All options of a command as one table. */
export function optionsOf(command: Command): OptionTable {
  return Object.assign({}, ...command.groups.map(({ options }) => options));
}

/** Tells the user something beside a command's own output: one line on stderr. */
export const tell = (text: string): void => void process.stderr.write(`rig: ${visible(text)}\n`);

/** Throws what went wrong with some of several rigs, the others being done. A bug comes first. */
export function throwFailures(results: PromiseSettledResult<unknown>[], exitCode = 1): void {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const bug = errors.find((error) => !(error instanceof RigError || error instanceof UsageError));
  if (bug !== undefined) throw bug;
  if (errors.length > 0) throw new SeveralErrors(errors, exitCode);
}
