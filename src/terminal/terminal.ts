/** What standard output is, and what may be done to it. */

/** Whether a person reads it who can see colours: https://no-color.org, and TERM=dumb as terminfo(5) has it. */
export const hasColour = (): boolean =>
  process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';

/**
 * How many columns fit: those of the terminal, or what COLUMNS says. In a pipe everything does, as with ps(1): whoever cuts,
 * greps or reads it later wants the whole.
 */
export function terminalWidth(): number {
  const given = Number(process.env.COLUMNS);
  if (Number.isInteger(given) && given > 0) return given;
  return (process.stdout.isTTY && process.stdout.columns) || Infinity;
}

let hasReader = true;

/** Notes that whoever read it is gone. Node itself does not: it lets nothing destroy its standard streams. */
export function noteReaderGone(): void {
  hasReader = false;
}

/** Whether anybody can still read it: `rig list --watch | head` ends when head has. */
export const isRead = (): boolean => hasReader;
