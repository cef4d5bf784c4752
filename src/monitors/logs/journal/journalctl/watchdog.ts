/**
 * Replaces a journalctl that is silent while entries are stored: it is stopped, it hangs, or it does not hear of new entries
 * because inotify is used up (systemd#4479) or there was no journal when it started. Every two seconds the headers of the files
 * are looked at: 200 bytes each, and nothing is written to the journal for it.
 */
import { open } from 'node:fs/promises';
import type { Cancel, Clock } from '../../../../host/clock.ts';
import type { EntryNumber } from '../cursor.ts';
import { readHeader } from '../format/header.ts';
import { shortestHeader, signature } from '../format/layout.ts';
import { findJournalFiles, isLiveName, type JournalPlace } from '../locations.ts';

const beatMs = 2000;
/** Units that are silent on a busy journal look the same as a journalctl that hangs: it is replaced ever less often. */
const mostPatience = 150;

/** What the watchdog knows of the reading. */
export interface Watched {
  /** Where the journal is. */
  place: JournalPlace;
  /** For how many beats journalctl may be silent. */
  patience: number;
  /** How much has come from journalctl so far. */
  bytes(): number;
  /** Whether journalctl has shown the entry with a number. */
  hasShown(last: EntryNumber): boolean;
  /** Replaces the silent journalctl by one that shows everything that is stored. */
  replace(): void;
}

export class Watchdog {
  readonly #watched: Watched;
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #bytes = 0;
  #silentBeats = 0;
  #patience: number;
  /** The last numbers in the files when journalctl was replaced: those were shown at its start. */
  #shownAtStart = new Map<string, number>();

  constructor(watched: Watched, clock: Clock) {
    this.#watched = watched;
    this.#patience = watched.patience;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    this.#shownAtStart = await readLastNumbers(this.#watched.place);
    this.#cancel = this.#clock.every(beatMs, () => this.#beat());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #beat(): Promise<void> {
    const bytes = this.#watched.bytes();
    const last = await readLastNumbers(this.#watched.place);
    const isSilent = bytes === this.#watched.bytes() && bytes === this.#bytes;
    if (!isSilent) this.#patience = this.#watched.patience;
    this.#bytes = bytes;
    this.#silentBeats = isSilent && this.#isBehind(last) ? this.#silentBeats + 1 : 0;
    if (this.#silentBeats < this.#patience || !this.#cancel) return;
    this.#silentBeats = 0;
    this.#patience = Math.min(2 * this.#patience, mostPatience);
    this.#shownAtStart = last;
    this.#watched.replace();
  }

  #isBehind(last: Map<string, number>): boolean {
    return [...last].some(
      ([numbering, number]) =>
        this.#shownAtStart.get(numbering) !== number && !this.#watched.hasShown({ numbering, number }),
    );
  }
}

/** The last number of each numbering, by the headers of the live files. */
async function readLastNumbers(place: JournalPlace): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  for (const path of findJournalFiles(place).filter(isLiveName)) {
    const bytes = await readHeaderBytes(path);
    if (!bytes) continue;
    const { seqnumId, tailSeqnum } = readHeader(bytes);
    last.set(seqnumId, Math.max(last.get(seqnumId) ?? 0, tailSeqnum));
  }
  return last;
}

/** Undefined for a file that has just gone, or that journald is just making. */
async function readHeaderBytes(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(shortestHeader));
    return bytesRead === shortestHeader && buffer.toString('latin1', 0, 8) === signature ? buffer : undefined;
  } catch {
    return undefined;
  }
}
