/**
 * Lines that hold the text of `--message` only because rig was given it. A rig must not be triggered by its own command
 * line, nor by that of another rig that looks for the same, nor by what rig itself logs.
 *
 * Passed over are, narrowly:
 * - a line with a command line of rig in it: the word `rig`, or the name that this rig's own file has, with or without a path,
 *   then `logs`, then somewhere behind it `--message` or `-m`. So do sudo (`COMMAND=/tmp/rig logs --message X`), cron (`CMD
 *   (rig logs -m X)`), shells that log their history, and systemd; also with each word in quotes, as Ansible logs its `argv`;
 * - what sudo logs of a program of any name whose first argument is `logs`, with `--message` or `-m` behind it: a copy of rig
 *   that another rig knows nothing of;
 * - the lines in which sudo continues a long command: `sudo: ann : (command continued) ...`. Nothing but what somebody typed
 *   stands there, and whether it was typed for rig can be in a line that did not match;
 * - a record of the audit system (EXECVE, PROCTITLE, USER_CMD) with such a command line, hex-encoded or not;
 * - a line that rig itself logged: identifier `rig` in the journal or before the colon of a syslog line, or in any other form
 *   that syslog may give it, the word `rig` and then what rig says of a trigger or an end.
 *
 * `--echo` turns off all but the last of these.
 */

/** Between two words of a command line: a space, or in a list of words in quotes. */
const gap = `(?:['"]?\\s+['"]?|['"],\\s*['"])`;
const messageOption = new RegExp(`${gap}(?:--message|-[A-Za-z]*m)`);
/** No `=` in the path: the expression would otherwise look through the same text again and again. */
const sudoCommand = /\bCOMMAND=[^\s=]+ logs\s/;
const sudoContinued = /^\s*\S+ : \(command continued\) /;
const syslogOfSudo = /(?:^|\s)sudo(?:\[\d+\])?:(?=\s)/;
const auditType = /\b(?:EXECVE|PROCTITLE|USER_CMD)\b/;
const auditValue = /\b(?:a\d+(?:\[\d+\])?|proctitle|cmd)=(?:"([^"]*)"|((?:[0-9A-F]{2})+)(?![^\s']))/g;
/** `Nov 22 15:26:46 host rig[123]: ` or the same with an ISO 8601 time. */
const syslogOfRig = /^(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\S+) \S+ rig(?:\[\d+\])?: /;
/** What announce.ts writes, whatever a syslog daemon puts before it: RFC 5424, a template of the user's, JSON. */
const saidByRig = [' has triggered: ', ' has ended: '];
const messageOfRig =
  /(?<![\w-])rig(?![\w-]).{0,300}[\s"'][\w.-]{1,64} has (?:triggered: [a-z]+, |ended: (?:finished|failed|killed|expired|stopped|destroyed|shutdown)(?!\w))/s;
/** A line without any of these is no echo. */
const telling = ['logs', 'rig', 'continued', 'EXECVE', 'PROCTITLE', 'USER_CMD'];

/** Whether rig itself logged a line: those of its triggers and ends, with any `--echo`. */
export function isOfRig(line: Buffer, identifier?: string): boolean {
  if (identifier === 'rig') return true;
  if (!line.includes('rig')) return false;
  return syslogOfRig.test(line.toString('latin1', 0, headBytes)) || saidByRig.some((words) => isSaidByRig(line, words));
}

/** Whether `words`, where they first stand, are rig's: its name and an id before them, and what goes on as it does in announce.ts. */
function isSaidByRig(line: Buffer, words: string): boolean {
  const at = line.indexOf(words);
  return at >= 0 && messageOfRig.test(line.toString('latin1', Math.max(0, at - headBytes), at + headBytes));
}

/** What syslog puts before a message is no longer. */
const headBytes = 400;

/** Tells echoes of rig from other lines. */
export class EchoRule {
  readonly #commandLine: RegExp;
  readonly #sudoOfRig: RegExp;

  /** `names` are those of rig's own file, as it was started. */
  constructor(names: string[] = []) {
    const known = [...new Set(['rig', ...names.filter(Boolean)])]
      .map((name) => name.replace(/[^\w]/g, '\\$&'))
      .join('|');
    this.#commandLine = new RegExp(`(?:^|[\\s/=('"])(?:${known})${gap}logs(?=['"]?[\\s,])`);
    this.#sudoOfRig = new RegExp(`\\bCOMMAND=(?:[^\\s=]*/)?(?:${known}) logs\\s`);
  }

  /** Whether a matching line is an echo of rig itself. `identifier` is the program that logged it, where that is known. */
  isEcho(line: Buffer, identifier?: string): boolean {
    if (!telling.some((word) => line.includes(word))) return false;
    const text = line.toString('latin1');
    return (
      this.#isCommandLine(text) ||
      this.#isOfSudo(text, identifier) ||
      (auditType.test(text) && this.#isCommandLine(auditedCommand(text)))
    );
  }

  #isCommandLine(text: string): boolean {
    return hasInOrder(text, this.#commandLine, messageOption);
  }

  #isOfSudo(text: string, identifier: string | undefined): boolean {
    const tag = identifier === 'sudo' ? undefined : syslogOfSudo.exec(text);
    if (tag === null) return false;
    const logged = tag ? text.slice(tag.index + tag[0].length) : text;
    // The message option of a long command line is in a line of its own.
    return sudoContinued.test(logged) || this.#sudoOfRig.test(logged) || hasInOrder(logged, sudoCommand, messageOption);
  }
}

/** The words of the command line in an audit record. */
function auditedCommand(text: string): string {
  const words = text.matchAll(auditValue).map(([, quoted, hex = '']) => {
    return quoted ?? Buffer.from(hex, 'hex').toString('latin1').replaceAll('\0', ' ');
  });
  return [...words, ''].join(' ');
}

/** Whether `second` is found behind `first`. Two searches, where one expression for both would be quadratic on hostile lines. */
function hasInOrder(text: string, first: RegExp, second: RegExp): boolean {
  const found = first.exec(text);
  return found !== null && second.test(text.slice(found.index + found[0].length - 1));
}
