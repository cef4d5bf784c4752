/**
 * Lines that hold the text of `--message` only because rig was given it. A rig must not be triggered by its own command
 * line, nor by that of another rig that looks for the same, nor by what rig itself logs.
 *
 * Passed over are, narrowly:
 * - a line with a command line of rig in it: the word `rig`, with or without a path, then `logs`, then somewhere behind it
 *   `--message` or `-m`. So do sudo (`COMMAND=/tmp/rig logs --message X`), cron (`CMD (rig logs -m X)`), shells that log
 *   their history, and systemd;
 * - an EXECVE record of the audit system whose arguments are such a command line: `a0="/tmp/rig" a1="logs" ...`. Arguments
 *   with blanks are hex-encoded there and cannot be mistaken for the text;
 * - a line that rig itself logged: identifier `rig` in the journal or before the colon of a syslog line.
 */

const commandLine = /(?:^|[\s/=('"])rig\s+logs\s/;
const messageOption = /\s(?:--message|-[A-Za-z]*m)/;
const auditRecord = /\bEXECVE\b.*?\sa\d+="(?:[^"]*\/)?rig" a\d+="logs"\s/;
const auditOption = /\sa\d+="(?:--message|-[A-Za-z]*m)/;
/** `Nov 22 15:26:46 host rig[123]: ` or the same with an ISO 8601 time. */
const syslogOfRig = /^(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\S+) \S+ rig(?:\[\d+\])?: /;

/** Whether a matching line is an echo of rig itself. `identifier` is the program that logged it, where that is known. */
export function isEcho(line: Buffer, identifier?: string): boolean {
  if (identifier === 'rig') return true;
  // Nearly every line is told apart by this alone.
  if (!line.includes('rig')) return false;
  const text = line.toString('latin1');
  return (
    syslogOfRig.test(text) || hasInOrder(text, commandLine, messageOption) || hasInOrder(text, auditRecord, auditOption)
  );
}

/** Whether `second` is found behind `first`. Two searches, where one expression for both would be quadratic on hostile lines. */
function hasInOrder(text: string, first: RegExp, second: RegExp): boolean {
  const found = first.exec(text);
  return found !== null && second.test(text.slice(found.index + found[0].length - 1));
}
