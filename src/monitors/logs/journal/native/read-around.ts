/** What stands before and behind an entry, in all files of a journal. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SourceExcerpt } from '../../source.ts';
import { contextBytes, contextLines, reportedLineBytes } from '../../source.ts';
import { entryPartOf } from '../cursor.ts';
import type { JournalEntry } from '../entry.ts';
import { formatAfter, formatEntries } from '../excerpt.ts';
import { orUndefined } from '../format/error.ts';
import type { StoredEntry } from '../format/journal-file.ts';
import { JournalFile } from '../format/journal-file.ts';
import { findJournalFiles } from '../locations.ts';
import type { Selection } from '../selection/selection.ts';
import { compileSelection } from '../selection/selection.ts';
import type { Place } from './entry-order.ts';
import { compare, firstFrom, placeOfCursor } from './entry-order.ts';
import { readMerged } from './merge.ts';

/** How long reading holds up everything else, and how many entries are read between two looks at the clock. */
const sliceMs = 5;
const entriesPerLook = 32;
/** How long entries of chosen units are looked for around a trigger. */
const searchMs = 3000;

/** An entry that is kept while others are read. Only what is shown of it is kept. */
function keep(entry: StoredEntry): JournalEntry {
  const { realtimeUs, monotonicUs, bootId } = entry;
  const cursor = entry.cursor();
  const fields = new Map(
    ['MESSAGE', 'SYSLOG_IDENTIFIER', '_PID'].map((field) => [
      field,
      entry.values(field).map((value) => Buffer.from(value.subarray(0, reportedLineBytes))),
    ]),
  );
  return { realtimeUs, monotonicUs, bootId, cursor: () => cursor, values: (field) => fields.get(field) ?? [] };
}

/** The entries up to a cursor, and those behind it once they are asked for. `dir` and `selectors` as in the plan. */
export async function excerptAround(
  dir: string | undefined,
  selectors: string[],
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

async function entriesAfter(
  dir: string | undefined,
  selection: Selection,
  place: Place,
  cursor: string,
): Promise<JournalEntry[]> {
  const after: JournalEntry[] = [];
  const files = openAll(dir, ({ header }) => header.tailRealtimeUs >= place.realtimeUs);
  try {
    const readings = files.flatMap((file) => orNothing(() => ({ file, next: firstFrom(file, place) })));
    const untilMs = performance.now() + searchMs;
    const isEnough = (): boolean => after.length > contextLines || performance.now() > untilMs;
    for (let isComplete = false; !isComplete && !isEnough(); await nextTurn()) {
      const shouldStop = sliceClock();
      const read = readMerged(readings, (_, entry) => {
        if (shouldStop() || after.length > contextLines) return false;
        if (selection.accepts(entry) && entryPartOf(entry.cursor()) !== entryPartOf(cursor)) after.push(keep(entry));
        return true;
      });
      isComplete = read.isComplete || read.stuck.length > 0;
    }
  } finally {
    for (const file of files) file.close();
  }
  return after;
}

/** What `readBackward` reads. */
interface Range {
  dir: string | undefined;
  /** The last entry that is given; undefined: the last one that there is. */
  upTo?: Place;
  /** Files with nothing since then, in microseconds since the epoch, are not read. */
  sinceUs?: number;
  /** How long it may take. */
  withinMs: number;
}

/** Gives the entries of all files, the newest first, until `take` returns false or time is up. Files that cannot be read are passed over. */
export async function readBackward(
  { dir, upTo, sinceUs = 0, withinMs }: Range,
  take: (entry: StoredEntry) => boolean,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  const files = openAll(
    dir,
    ({ header }) => header.tailRealtimeUs >= sinceUs && (!upTo || header.headRealtimeUs <= upTo.realtimeUs),
  );
  try {
    // Each with the ordinal behind the entry that comes next.
    let readings = files.flatMap((file) =>
      orNothing(() => ({ file, next: upTo ? endAt(file, upTo) : file.header.entries })),
    );
    let shouldStop = sliceClock();
    while (performance.now() < untilMs) {
      readings = readings.filter(({ next }) => next > 0);
      const latest = latestOf(readings);
      if (!latest) return;
      const entry = orUndefined(() => latest.file.entryAt(latest.next - 1));
      if (!entry) latest.next = 0;
      else if (orUndefined(() => take(entry)) === false) return;
      else latest.next--;
      if (shouldStop()) {
        await nextTurn();
        shouldStop = sliceClock();
      }
    }
  } finally {
    for (const file of files) file.close();
  }
}

/** The ordinal behind the last entry that does not belong behind a place. */
function endAt(file: JournalFile, place: Place): number {
  const at = firstFrom(file, place);
  const entry = file.entryAt(at);
  return entry && compare(file, entry, place) === 0 ? at + 1 : at;
}

interface Backward {
  file: JournalFile;
  next: number;
}

/** The file whose next entry is the newest. */
function latestOf(readings: Backward[]): Backward | undefined {
  if (readings.length < 2) return readings[0];
  const times = readings.map(({ file, next }) => orUndefined(() => file.entryAt(next - 1)?.realtimeUs) ?? 0);
  return readings[times.indexOf(Math.max(...times))];
}

/** Opens the files that are wanted; those that cannot be read are passed over. */
function openAll(dir: string | undefined, isWanted: (file: JournalFile) => boolean): JournalFile[] {
  return findJournalFiles(dir).flatMap((path) =>
    orNothing(() => {
      const file = JournalFile.open(path);
      if (isWanted(file)) return file;
      file.close();
      return undefined;
    }),
  );
}

function orNothing<T>(read: () => T | undefined): T[] {
  const found = orUndefined(read);
  return found === undefined ? [] : [found];
}

/** Says every so many calls whether a slice of time has been used up. */
function sliceClock(): () => boolean {
  const endMs = performance.now() + sliceMs;
  let calls = 0;
  return () => ++calls % entriesPerLook === 0 && performance.now() >= endMs;
}
