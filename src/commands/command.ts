import type { OptionTable, Values } from '../plugin.ts';

/** A subcommand: what it is called, what it takes, what it does. Its exit code is 0 unless it returns another or throws. */
export interface Command<T extends OptionTable> {
  name: string;
  /** What follows the name, for the usage line. */
  usage: string;
  summary: string;
  /** Options in groups, as help shows them; names are unique across groups. */
  groups: { title: string; options: OptionTable }[];
  examples: string[];
  run(values: Values<T>, words: string[], commandLine: string[]): Promise<number | undefined>;
}

// biome-ignore lint/suspicious/noExplicitAny: commands of every option table stand in one list
export type AnyCommand = Command<any>;

/** All options of a command as one table. */
export function optionsOf(command: AnyCommand): OptionTable {
  return Object.assign({}, ...command.groups.map(({ options }) => options));
}
