/** What is known of a match, for the manifest: which `--message` it was, and what its groups captured. */
import { type CapturedGroups, compileGroups } from './captured-groups.ts';
import type { MessageOptions } from './matcher.ts';
import { compileMatcher } from './matcher.ts';

/** `message` is there only where there are several. */
export type MatchFacts = CapturedGroups & { message?: string };

/** Makes the function that says what was found in a line or a journal entry. Of several messages the first that matches counts. */
export function compileMatchFacts(messages: readonly MessageOptions[]): (entry: string) => MatchFacts {
  const [only, ...others] = messages.map((message) => ({
    text: message.text,
    matcher: compileMatcher(message),
    groupsIn: compileGroups(message),
  }));
  if (only && others.length === 0) return only.groupsIn;
  return (entry) => {
    const bytes = Buffer.from(entry);
    const found = [only, ...others].find((each) => each?.matcher.test(bytes));
    return found ? { message: found.text, ...found.groupsIn(entry) } : {};
  };
}
