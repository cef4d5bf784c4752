/** Reads what stands before and behind an entry, in all files of a journal. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalPlan } from '../../plan.ts';
import type { SourceExcerpt } from '../../source.ts';
import { contextBytes, contextLines, reportedLineBytes } from '../../source.ts';
import { entryPartOf } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import { formatAfter, formatEntries } from '../excerpt.ts';
import { orUndefined } from '../format/error.ts';
import type { JournalFile, StoredEntry } from '../format/journal-file.ts';
import type { Selection } from '../selection/selection.ts';
import { compileSelection } from '../selection/selection.ts';
import type { EntryPlace } from './entry-order.ts';
import { compare, firstFrom, placeOfCursor } from './entry-order.ts';
import type { Reading } from './merge.ts';
import { readMerged } from './merge.ts';
import { closeAll, openAll } from './open-all.ts';
import { startSlice } from './slice.ts';

/** How long entries of selected units are searched for around a trigger. */
const searchMs = 3000;
const shownFields = ['MESSAGE', 'SYSLOG_IDENTIFIER', '_PID'];

/** The entries up to a cursor, and those behind it once they are asked for. */
export async function excerptAround(
  { dir, selection: selectors }: JournalPlan,
  cursor: string,
  triggerCursor: string | undefined,
): Promise<SourceExcerpt> {
  const selection = compileSelection(selectors);
  const place = placeOfCursor(cursor);
  const before: JournalEntry[] = [];
  let bytes = 0;
  if (place)
    await readBackward({ dir, upTo: place, withinMs: searchMs }, (entry) => {
      if (selection.accepts(entry) || entry.cursor() === triggerCursor) {
        const kept = keep(entry);
        before.push(kept);
        bytes += kept.values('MESSAGE').reduce((sum, { length }) => sum + length, 0);
      }
      return before.length < contextLines && bytes < contextBytes;
    });
  const readAfter = async () =>
    formatAfter(place ? await entriesAfter(dir, selection, place, cursor) : [], contextLines);
  return { source: 'journal', ...formatEntries(before.reverse(), triggerCursor), readAfter };
}

/** A copy of what is shown of an entry: the entry itself is valid only until the next one is read. */
function keep(entry: StoredEntry): JournalEntry {
  const { realtimeUs, monotonicUs, bootId } = entry;
  const cursor = entry.cursor();
  const cut = (value: Buffer): Buffer => Buffer.from(value.subarray(0, reportedLineBytes));
  const fields = new Map(shownFields.map((field) => [field, entry.values(field).map(cut)]));
  return { realtimeUs, monotonicUs, bootId, cursor: () => cursor, values: (field) => fields.get(field) ?? [] };
}

async function entriesAfter(
  dir: string | undefined,
  selection: Selection,
  place: EntryPlace,
  cursor: string,
): Promise<JournalEntry[]> {
  const after: JournalEntry[] = [];
  const untilMs = performance.now() + searchMs;
  const isEnough = (): boolean => after.length > contextLines || performance.now() > untilMs;
  const files = openAll(dir, ({ header }) => header.tailRealtimeUs >= place.realtimeUs);
  try {
    const readings = startReading(files, (file) => firstFrom(file, place));
    for (let isComplete = false; !isComplete && !isEnough(); await nextTurn()) {
      const isUsedUp = startSlice();
      const read = readMerged(readings, (_, entry) => {
        if (isUsedUp() || after.length > contextLines) return false;
        if (selection.accepts(entry) && entryPartOf(entry.cursor()) !== entryPartOf(cursor)) after.push(keep(entry));
        return true;
      });
      isComplete = read.isComplete || read.stuck.length > 0;
    }
  } finally {
    closeAll(files);
  }
  return after;
}

/** What `readBackward` reads. */
interface Range {
  dir: string | undefined;
  /** The last entry that is given; undefined: the last one that there is. */
  upTo?: EntryPlace;
  /** Files with nothing since then, in microseconds since the epoch, are not read. */
  sinceUs?: number;
  /** How long it may take. */
  withinMs: number;
}

/** Gives the entries of all files, the newest first, until `take` returns false or time is up. Passes over what cannot be read. */
export async function readBackward(
  { dir, upTo, sinceUs = 0, withinMs }: Range,
  take: (entry: StoredEntry) => boolean,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  const isInRange = ({ header }: JournalFile): boolean =>
    header.tailRealtimeUs >= sinceUs && (!upTo || header.headRealtimeUs <= upTo.realtimeUs);
  const files = openAll(dir, isInRange);
  try {
    // `next` is the ordinal behind the entry that comes next.
    let readings = startReading(files, (file) => (upTo ? endAt(file, upTo) : file.header.entries));
    let isUsedUp = startSlice();
    while (performance.now() < untilMs) {
      readings = readings.filter(({ next }) => next > 0);
      const latest = latestOf(readings);
      if (!latest) return;
      const entry = orUndefined(() => latest.file.entryAt(latest.next - 1));
      if (!entry) latest.next = 0;
      else if (orUndefined(() => take(entry)) === false) return;
      else latest.next--;
      if (isUsedUp()) {
        await nextTurn();
        isUsedUp = startSlice();
      }
    }
  } finally {
    closeAll(files);
  }
}

/** The files that can be read, each positioned at an ordinal. */
function startReading(files: JournalFile[], position: (file: JournalFile) => number): Reading[] {
  return files.flatMap((file) => orUndefined(() => ({ file, next: position(file) })) ?? []);
}

/** The ordinal of the first entry behind a place. */
function endAt(file: JournalFile, place: EntryPlace): number {
  const at = firstFrom(file, place);
  const entry = file.entryAt(at);
  return entry && compare(file, entry, place) === 0 ? at + 1 : at;
}

/** The file whose next entry is the newest. */
function latestOf(readings: Reading[]): Reading | undefined {
  if (readings.length < 2) return readings[0];
  const times = readings.map(({ file, next }) => orUndefined(() => file.entryAt(next - 1)?.realtimeUs) ?? 0);
  return readings[times.indexOf(Math.max(...times))];
}
