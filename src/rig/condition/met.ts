/** What a condition takes, and what it says when it is met. */
import type { Facts, Sighting, TriggerProcess } from '../../plugin.ts';

export interface Met {
  subject: string;
  text: string;
  /** When the last sighting happened, on the rig's clock. */
  atMs: number;
  /** How many sightings there were. */
  matches: number;
  /** Why it is a trigger, if the text alone does not say it. */
  because?: string | undefined;
  earlier?: Met | undefined;
  process?: Promise<TriggerProcess | undefined> | undefined;
  facts?: Facts | undefined;
}

/** Copies a sighting: its text can be read only while it is being taken. */
export function metBy(sighting: Sighting, matches: number): Met {
  const { subject, text, atMs, process, facts } = sighting;
  return { subject, text, atMs, matches, process, facts };
}

/** For what no sighting has met: an absence, a user's request. */
export function metWithout(subject: string, because: string, atMs: number, matches: number): Met {
  return { subject, text: '', atMs, matches, because };
}

/** Takes what was met, which is read only if it makes a trigger: most matches of a burst do not. Returns whether it did. */
export type OnMet = (read: () => Met) => boolean;

export interface EventCondition {
  /** How many sightings of the first slot there were. */
  readonly matches: number;
  /** The monitors watch from now on. */
  start?(): void;
  /** Takes a sighting. Returns why it does not count; undefined if it does. */
  take(sighting: Sighting): string | undefined;
  stop?(): void;
}
