/** What a condition takes, and what it gives when it is met. */
import type { Facts, Sighting, TriggerProcess } from '../../plugin.ts';

export interface Met {
  subject: string;
  text: string;
  /** When the last of it happened, on the rig's clock. */
  atMs: number;
  /** How many sightings there were. */
  matches: number;
  /** What made it a trigger, where the text alone does not say it. */
  because?: string | undefined;
  earlier?: Met | undefined;
  process?: Promise<TriggerProcess | undefined> | undefined;
  facts?: Facts | undefined;
}

/** Keeps what a sighting says: its text may be made on demand, and only while it is being taken. */
export function metBy(sighting: Sighting, matches: number): Met {
  const { subject, text, atMs, process, facts } = sighting;
  return { subject, text, atMs, matches, process, facts };
}

/** What nothing in particular has met: an absence, a user. */
export function metWithout(subject: string, because: string, atMs: number, matches: number): Met {
  return { subject, text: '', atMs, matches, because };
}

/** Takes what was met. Returns whether it made a trigger, or was held back. */
export type OnMet = (met: Met) => boolean;

export interface EventCondition {
  /** How many sightings of the first slot there were. */
  readonly matches: number;
  /** Everything is positioned. */
  start?(): void;
  /** Takes a sighting. Returns why it does not count, if so. */
  take(sighting: Sighting): string | undefined;
  stop?(): void;
}
