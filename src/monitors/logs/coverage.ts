/** What programs say in a log about messages that are missing from it. */

/** How much of a message is searched. */
const toldCharacters = 200;

/** Whether this program is believed when it says in the journal that messages are missing. */
export const tellsInJournal = (identifier: string): boolean =>
  identifier === 'systemd-journald' || identifier === 'kernel';

/** The same in a file, where rsyslog also says what it lost, under its name or `rsyslogd-NUMBER`. */
export const tellsInFile = (identifier: string): boolean =>
  tellsInJournal(identifier) || /^rsyslogd(?:-\d+)?$/.test(identifier);

/**
 * journald's own words when a service, or the kernel, logs too much; the kernel's (printk_ratelimit and its like); and those of
 * rsyslog's imuxsock and imjournal, of today and of version 7.
 */
const suppressed =
  /^Suppressed (\d+) messages from |^Missed (\d+) kernel messages|(?:^|: )(\d+) (?:callbacks|messages|printk messages) (?:suppressed|dropped)|\b(\d+) messages (?:lost|from pid \d+) due to rate-limiting|begin to drop messages due to rate-limiting/;

/**
 * What is missing according to a message of `identifier`, and how many messages if it says so. Undefined for other messages. The
 * caller has checked that `identifier` is to be believed.
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
