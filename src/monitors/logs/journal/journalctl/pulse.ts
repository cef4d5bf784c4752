/**
 * Notices a journalctl that is silent while entries are stored: it is stopped, it hangs, or it does not hear of new entries
 * because inotify is used up (systemd#4479) or /var/log/journal was not there when it started. Every two seconds the headers of
 * the files are compared with what was seen. That costs nothing, and nothing is written to the journal for it.
 */
import type { Cancel, Clock } from '../../../../host/clock.ts';
import type { JournalTails } from './tails.ts';
import { readJournalTails } from './tails.ts';

const beatMs = 2000;
/** Of selected entries only journalctl can tell whether one was stored. It is not asked at every beat. */
const beatsPerQuery = 5;

/** What the pulse knows of the reading. */
export interface PulseSubject {
  /** The folder with the journal; undefined: this host's own. */
  dir: string | undefined;
  /** How much has come from journalctl so far. */
  bytes(): number;
  /** Whether everything stored has been seen, as far as the headers can tell. */
  hasSeen(tails: JournalTails): boolean;
  /** Whether entries are selected, so that `hasSeen` cannot be sure. */
  isSelective: boolean;
  /** Asks another journalctl whether an entry is stored that was not seen. */
  isBehind(): Promise<boolean>;
  /** Replaces the silent journalctl. */
  restart(): void;
  /** journalctl was silent twice in a row: it hears of nothing. */
  onDeaf(): void;
}

export class JournalPulse {
  readonly #subject: PulseSubject;
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #isStopped = false;
  #lastBytes = 0;
  /** The mark of the files when everything in them had been seen. */
  #verified: string | undefined;
  #beatsUntilQuery = 0;
  #isSuspect = false;
  /** How many journalctls in a row were replaced before they had shown anything of their own accord. */
  #silences = 0;
  #beatsSinceRestart = 0;

  constructor(subject: PulseSubject, clock: Clock) {
    this.#subject = subject;
    this.#clock = clock;
  }

  start(): void {
    this.#cancel = this.#clock.every(beatMs, () => this.#beat());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  async #beat(): Promise<void> {
    const bytes = this.#subject.bytes();
    this.#beatsUntilQuery--;
    this.#beatsSinceRestart++;
    if (bytes !== this.#lastBytes) {
      this.#lastBytes = bytes;
      this.#isSuspect = false;
      this.#verified = undefined;
      // What comes right after a start was stored before it, so it does not prove that journalctl hears anything.
      if (this.#beatsSinceRestart > 2) this.#silences = 0;
      return;
    }
    const tails = await readJournalTails(this.#subject.dir);
    if (tails.mark === this.#verified || this.#isStopped) return;
    if (!(await this.#isBehind(tails))) return;
    // The entry may have been stored a moment ago, so journalctl gets another beat, unless it is known to be deaf.
    const isCertain = this.#isSuspect || this.#silences >= 2;
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
    // A failure is no answer; the next beat asks again.
    const isBehind = await this.#subject.isBehind().catch(() => undefined);
    if (isBehind === false) this.#verified = tails.mark;
    return isBehind === true;
  }
}
