/**
 * Proves that journalctl is alive. It may be stopped, hang, or hear of nothing because inotify is used up (systemd#4479), or
 * because /var/log/journal was not there when it started: then it is silent while entries are stored. Every two seconds the
 * files' headers are compared with what was seen; that costs nothing, and nothing is written to the journal for it.
 */
import type { JournalTails } from './tails.ts';
import { readJournalTails } from './tails.ts';

const beatMs = 2000;
/** How often a journalctl that is deaf is replaced by one that reads what there is. */
const deafBeatMs = 500;
/** With chosen units only journalctl itself can tell whether a stored entry is one of theirs: not asked at every beat. */
const beatsPerQuery = 5;

/** What the pulse knows of the reading. */
export interface PulseSubject {
  /** The folder with the journal; undefined: this host's own. */
  dir: string | undefined;
  /** How much has come from journalctl so far. */
  bytes(): number;
  /** Whether it can be told from the headers that everything stored has been seen. */
  hasSeen(tails: JournalTails): boolean;
  /** Whether entries are chosen, so that `hasSeen` cannot be sure. */
  isSelective: boolean;
  /** Asks another journalctl whether an entry is stored that was not seen. */
  isBehind(): Promise<boolean>;
  /** Ends the journalctl that is silent: another is started from the last entry seen. */
  restart(): void;
  /** It hears of nothing, again and again. */
  onDeaf(): void;
}

export class JournalPulse {
  readonly #subject: PulseSubject;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #lastBytes = 0;
  /** The files as they were when everything in them had been seen. */
  #verified: string | undefined;
  #beatsUntilQuery = 0;
  #isSuspect = false;
  /** How often in a row a journalctl had to be replaced that had told nothing by itself. */
  #silences = 0;
  #beatsSinceRestart = 0;

  constructor(subject: PulseSubject) {
    this.#subject = subject;
  }

  start(): void {
    this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#beat().finally(() => this.#plan()), this.#isDeaf ? deafBeatMs : beatMs);
  }

  get #isDeaf(): boolean {
    return this.#silences >= 2;
  }

  async #beat(): Promise<void> {
    const bytes = this.#subject.bytes();
    this.#beatsUntilQuery--;
    this.#beatsSinceRestart++;
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#isSuspect = false;
      this.#verified = undefined;
      // What comes right after a start was stored before it, and is no sign of good hearing.
      if (this.#beatsSinceRestart > 2) this.#silences = 0;
      return;
    }
    const tails = await readJournalTails(this.#subject.dir);
    if (tails.mark === this.#verified || this.#isStopped) return;
    if (!(await this.#isBehind(tails))) return;
    // It may have been stored a moment ago: journalctl gets another beat.
    const isCertain = this.#isSuspect || this.#isDeaf;
    this.#isSuspect = !isCertain;
    if (!isCertain || this.#isStopped || this.#subject.bytes() !== bytes) return;
    this.#beatsSinceRestart = 0;
    if (++this.#silences === 2) this.#subject.onDeaf();
    this.#subject.restart();
  }

  async #isBehind(tails: JournalTails): Promise<boolean> {
    if (this.#subject.hasSeen(tails)) {
      this.#verified = tails.mark;
      return false;
    }
    if (this.#subject.isSelective && !this.#isSuspect && this.#beatsUntilQuery > 0) return false;
    this.#beatsUntilQuery = beatsPerQuery;
    // Failing is no answer; it is asked again.
    const isBehind = await this.#subject.isBehind().catch(() => undefined);
    if (isBehind === false) this.#verified = tails.mark;
    return isBehind === true;
  }
}
