/** Which of a rig's texts a line matches. */
import type { MessageOptions } from './matcher.ts';
import { compileMatcher } from './matcher.ts';

export interface Verdict {
  /** Whether it matches a --message. */
  isFirst: boolean;
  /** Whether it matches --then or --unless. */
  isSecond: boolean;
  /** Whether it matches an --exclude. */
  isExcluded: boolean;
}

interface Texts {
  messages: MessageOptions[];
  /** --then or --unless. */
  second?: MessageOptions;
  exclude?: MessageOptions[];
}

/** Makes the function that judges a line in which the first or the second text was found. */
export function compileVerdict({ messages, second, exclude = [] }: Texts): (line: Buffer) => Verdict {
  const secondMatcher = second && compileMatcher(second);
  // A line found for nothing else matches it: there is nothing to search again.
  const firstMatcher = second && compileMatcher(...messages);
  const excluding = exclude.length > 0 ? compileMatcher(...exclude) : undefined;
  return (line) => ({
    isFirst: firstMatcher?.test(line) ?? true,
    isSecond: secondMatcher?.test(line) ?? false,
    isExcluded: excluding?.test(line) ?? false,
  });
}
