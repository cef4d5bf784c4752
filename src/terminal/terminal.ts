/** What is known about standard output. */

/** Whether to use colour: on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is dumb (terminfo(5)). */
export const hasColour = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

/**
 * How many columns fit on the terminal: what COLUMNS says, or those that it has. A pipe has no limit, whatever COLUMNS says: cut and
 * grep want the whole line.
 */
export function terminalWidth(): number {
  if (!process.stdout.isTTY) return Infinity;
  const given = Number(process.env.COLUMNS);
  return Number.isInteger(given) && given > 0 ? given : process.stdout.columns || Infinity;
}

let hasReader = true;

/** Notes that nobody reads it any more. Node's own stream never says so. */
export function noteReaderGone(): void {
  hasReader = false;
}

/** Whether it still has a reader: `rig list --watch | head` ends when head ends. */
export const isRead = (): boolean => hasReader;
