/** What a trigger says of the line that made it. */
import type { TriggerFacts } from '../../../plugin.ts';
import type { LineMatch } from '../source.ts';
import { reportedLineBytes } from '../source.ts';

/** The facts of a matching line. Decodes it: the line itself is a view on a buffer that is used again. */
export function factsOf({ source, line, position, atMs, process }: LineMatch, matches: number): TriggerFacts {
  const text = line.subarray(0, reportedLineBytes).toString('utf8');
  const loggedAt = new Date(atMs).toISOString();
  return { source, line: text, matches, position, loggedAt, ...(process ? { process } : {}) };
}

/** The facts of something that did not come: no line, nowhere. */
export function factsOfAbsence(matches: number, because: string): TriggerFacts {
  const position = { file: '', inode: '', offset: 0 };
  return { source: 'all sources', line: '', matches, position, loggedAt: new Date().toISOString(), because };
}
