import { RigError, SeveralErrors, UsageError } from '../errors.ts';
import type { HelpPage } from '../options/help.ts';
import type { OptionTable, Values } from '../options/table.ts';
import { type Given, toValues } from '../options/values.ts';
import { visible } from '../terminal/text.ts';

/** A subcommand. */
export interface Command extends HelpPage {
  /** It changes nothing on the host: `rig list` and the like. */
  onlyShows?: boolean;
  /** How long it may take; undefined where it waits by its nature. */
  limitMs?(given: Given): number | undefined;
  /** Resolves to the exit code. `liftLimit` ends the limit: from now on it may take as long as it needs. */
  run(given: Given, words: string[], commandLine: string[], liftLimit: () => void): Promise<number>;
}

/** How long a command may take that needs no longer: a host that is this slow is not told from one that hangs. */
export const commandMs = 30_000;

interface Definition<T extends OptionTable> extends Omit<HelpPage, 'groups'> {
  options: T;
  onlyShows?: boolean;
  limitMs?(given: Given): number | undefined;
  run(values: Values<T>, words: string[]): Promise<number>;
}

/** A subcommand with one table of options. */
export function defineCommand<const T extends OptionTable>({ options, run, ...command }: Definition<T>): Command {
  return {
    limitMs: () => commandMs,
    ...command,
    groups: [{ title: 'Options', options }],
    run: (given, words) => run(toValues(options, given), words),
  };
}

/** All options of a command as one table. */
export function optionsOf(command: Command): OptionTable {
  return Object.assign({}, ...command.groups.map(({ options }) => options));
}

/** Tells the user something on stderr. */
export const tell = (text: string): void => void process.stderr.write(`rig: ${visible(text)}\n`);

/** Throws what went wrong with some of several rigs. A bug comes first. */
export function throwFailures(results: PromiseSettledResult<unknown>[], exitCode = 1): void {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const bug = errors.find((error) => !(error instanceof RigError || error instanceof UsageError));
  if (bug !== undefined) throw bug;
  if (errors.length > 0) throw new SeveralErrors(errors, exitCode);
}
