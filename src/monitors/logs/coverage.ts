/** What a log says of itself that was never logged. */

/** So much of a message says it. */
const toldCharacters = 200;

/** Whether it is for this program to say in the journal what was never logged. */
export const tellsInJournal = (identifier: string): boolean =>
  identifier === 'systemd-journald' || identifier === 'kernel';

/** The same in a file: rsyslog says what is lost to those that it writes, under its name or that and the number of the message. */
export const tellsInFile = (identifier: string): boolean =>
  tellsInJournal(identifier) || /^rsyslogd(?:-\d+)?$/.test(identifier);

/**
 * journald's own words when a service, or the kernel, logs too much; the kernel's (printk_ratelimit and its like); and those of
 * rsyslog's imuxsock and imjournal, of today and of version 7.
 */
const suppressed =
  /^Suppressed (\d+) messages from |^Missed (\d+) kernel messages|(?:^|: )(\d+) (?:callbacks|messages|printk messages) (?:suppressed|dropped)|\b(\d+) messages (?:lost|from pid \d+) due to rate-limiting|begin to drop messages due to rate-limiting/;

/**
 * What a message says was never logged, and how much where it says that; `identifier` is who says so, and whether that is for it
 * to say is to be known. Undefined when it says nothing of the kind.
 */
export function suppressionIn(
  message: string,
  identifier: string,
): { cause: string; missing: number | undefined } | undefined {
  const text = message.slice(0, toldCharacters);
  const found = suppressed.exec(text);
  if (!found) return undefined;
  const [words, ...numbers] = found;
  const number = numbers.find((each) => each !== undefined);
  if (number === undefined) return { cause: `${identifier}: ${text}`, missing: undefined };
  const cause = `${identifier}: ${text.replace(words, words.replace(number, 'N'))}`;
  return { cause, missing: Number(number) };
}
