/** Reads what stands before and behind an entry, in all files of a journal. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reportedLineBytes } from '../../source.ts';
import type { EntryPlace } from '../cursor.ts';
import { entryPartOf, placeOfCursor } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import { unitFields } from '../entry.ts';
import { orUndefined } from '../format/error.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';
import type { JournalPlace } from '../locations.ts';
import type { RangeBeside } from '../reader.ts';
import { compileSelection } from '../selection/selection.ts';
import { compare, firstFrom } from './entry-order.ts';
import type { Reading } from './merge.ts';
import { closeAll, openAll } from './open-all.ts';
import { startSlice } from './slice.ts';

/** How long entries of selected units are searched for around a trigger. */
const searchMs = 3000;
/** How long an entry is searched for that has just been written. */
const newestMs = 500;
const keptFields = ['MESSAGE', 'SYSLOG_IDENTIFIER', '_PID', ...unitFields];

/** Entries beside the one with a cursor. */
export async function readBeside(
  place: JournalPlace,
  cursor: string,
  { side, count, selection: selectors }: RangeBeside,
): Promise<JournalEntry[]> {
  const selection = compileSelection(selectors);
  const from = placeOfCursor(cursor);
  const entries: JournalEntry[] = [];
  if (!from) return entries;
  await readFromPlace({ place, from, step: side === 'up to' ? -1 : 1, withinMs: searchMs }, (entry) => {
    const isWanted = side === 'up to' || entryPartOf(entry.cursor()) !== entryPartOf(cursor);
    if (isWanted && selection.accepts(entry)) entries.push(keep(entry));
    return entries.length < count;
  });
  return entries;
}

/** The first entry since then, in microseconds since the epoch, that is wanted. */
export async function findFirst(
  place: JournalPlace,
  sinceUs: number,
  isWanted: (entry: JournalEntry) => boolean,
): Promise<JournalEntry | undefined> {
  let found: JournalEntry | undefined;
  await readFromPlace({ place, sinceUs, step: -1, withinMs: newestMs }, (entry) => {
    if (entry.realtimeUs < sinceUs) return false;
    if (isWanted(entry)) found = keep(entry);
    return true;
  });
  return found;
}

/** A copy of what is needed of an entry: the entry itself is valid only until the next one is read. */
function keep(entry: StoredEntry): JournalEntry {
  const { realtimeUs, monotonicUs, bootId } = entry;
  const cursor = entry.cursor();
  const cut = (value: Buffer): Buffer => Buffer.from(value.subarray(0, reportedLineBytes));
  const fields = new Map(keptFields.map((field) => [field, entry.values(field).map(cut)]));
  return { realtimeUs, monotonicUs, bootId, cursor: () => cursor, values: (field) => fields.get(field) ?? [] };
}

/** What is read. */
interface Range {
  place: JournalPlace;
  /** The first entry that is given; undefined: the last one that there is. */
  from?: EntryPlace;
  /** Files with nothing since then, in microseconds since the epoch, are not read. */
  sinceUs?: number;
  /** 1: the oldest first; -1: the newest first. */
  step: 1 | -1;
  /** How long it may take. */
  withinMs: number;
}

/** Gives the entries of all files in order until `take` returns false or time is up. Passes over what cannot be read. */
export async function readFromPlace(
  { place, from, sinceUs = 0, step, withinMs }: Range,
  take: (entry: StoredEntry) => boolean,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  const isInRange = ({ header: { headRealtimeUs, tailRealtimeUs } }: JournalFile): boolean =>
    tailRealtimeUs >= sinceUs &&
    (!from || (step > 0 ? tailRealtimeUs >= from.realtimeUs : headRealtimeUs <= from.realtimeUs));
  const files = openAll(place, isInRange);
  try {
    let readings = files.flatMap((file) => orUndefined(() => ({ file, next: beginningIn(file, from, step) })) ?? []);
    let isUsedUp = startSlice();
    while (performance.now() < untilMs) {
      readings = readings.filter(({ file, next }) => next >= 0 && next < file.header.entries);
      const first = firstOf(readings, step);
      if (!first) return;
      const entry = orUndefined(() => first.file.entryAt(first.next));
      if (!entry) readings = readings.filter((each) => each !== first);
      else if (orUndefined(() => take(entry)) === false) return;
      first.next += step;
      if (isUsedUp()) {
        await nextTurn();
        isUsedUp = startSlice();
      }
    }
  } finally {
    closeAll(files);
  }
}

/** The ordinal of the first entry that is given of a file: the one at a place is. */
function beginningIn(file: JournalFile, from: EntryPlace | undefined, step: 1 | -1): number {
  if (!from) return file.header.entries - 1;
  const at = firstFrom(file, from);
  if (step > 0) return at;
  const entry = file.entryAt(at);
  return entry && compare(file, entry, from) === 0 ? at : at - 1;
}

/** The file whose next entry comes first by the time of day. */
function firstOf(readings: Reading[], step: 1 | -1): Reading | undefined {
  if (readings.length < 2) return readings[0];
  const times = readings.map(({ file, next }) => step * (orUndefined(() => file.entryAt(next)?.realtimeUs) ?? 0));
  return readings[times.indexOf(Math.min(...times))];
}
