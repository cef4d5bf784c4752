/** Short forms of what a monitor says to its rig, and of the rules that it is judged by. */
import type { Reading, Sighting } from '../../src/plugin.ts';
import type { ConditionRules } from '../../src/rig/records/spec.ts';

/** Rules that are met by the first sighting, and by each reading that is met. */
export const rulesWith = (rules: Partial<ConditionRules> = {}): ConditionRules => ({
  count: 1,
  forMs: 0,
  cycles: 1,
  ...rules,
});

export const sighting = (text: string, more: Partial<Sighting> = {}): Sighting => ({
  subject: 'journal',
  text,
  atMs: 0,
  ...more,
});

export const reading = (isMet: boolean, atMs: number, more: Partial<Reading> = {}): Reading => ({
  subject: 'nginx',
  figure: 'rss',
  value: isMet ? 200 : 50,
  limit: 100,
  isMet,
  atMs,
  ...more,
});
