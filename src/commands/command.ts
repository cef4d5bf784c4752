import { messageOf, RigError, UsageError } from '../errors.ts';
import type { OptionTable, Values } from '../options/table.ts';
import { visible } from '../terminal/text.ts';

/** A subcommand: what it is called, what it takes, what it does. Its exit code is 0 unless it returns another or throws. */
export interface Command<T extends OptionTable> {
  name: string;
  /** What follows the name, for the usage line. */
  usage: string;
  summary: string;
  /** Options in groups, as help shows them; names are unique across groups. */
  groups: { title: string; options: OptionTable }[];
  /** What else help says: where results go, exit codes. */
  notes: string;
  examples: string[];
  run(values: Values<T>, words: string[], commandLine: string[]): Promise<number | undefined>;
}

// biome-ignore lint/suspicious/noExplicitAny: commands of every option table stand in one list
export type AnyCommand = Command<any>;

/** All options of a command as one table. */
export function optionsOf(command: AnyCommand): OptionTable {
  return Object.assign({}, ...command.groups.map(({ options }) => options));
}

/** Tells the user something beside a command's own output: one line on stderr. */
export const tell = (text: string): void => void process.stderr.write(`rig: ${visible(text)}\n`);

/** Says what went wrong with each of several rigs, the others being done; whether anything did. A bug is thrown. */
export function tellFailures(results: PromiseSettledResult<unknown>[]): boolean {
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  for (const error of failures) {
    if (!(error instanceof RigError || error instanceof UsageError)) throw error;
    tell(messageOf(error));
  }
  return failures.length > 0;
}
