/** Keeps a part of the disk free: what would use it up is not started, and what does is ended. */
import { rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import { type DiskSpace, readDiskSpace } from '../../host/disk-space.ts';
import { listFiles } from '../../host/trees.ts';
import type { Space } from '../../options/table.ts';
import { formatSize } from '../../options/units.ts';

/** How often the disk is looked at while something writes to it: a fast disk takes half a gigabyte in that time. */
const lookMs = 250;
/** What was written to so shortly before the end was not complete. */
const recentMs = 2 * lookMs + 1000;

const gigabyte = 2 ** 30;

/** How many bytes are to stay free of a file system of that size; undefined: 1 GiB or 5 %, whichever is more. 0: no matter. */
export function floorOf(minFree: Space | undefined, total: number): number {
  if (minFree === undefined) return Math.max(gigabyte, total * 0.05);
  return 'bytes' in minFree ? minFree.bytes : (total * minFree.percent) / 100;
}

export class DiskGuard {
  readonly #folder: string;
  readonly #minFree: Space | undefined;

  /** `folder` is where is written to. */
  constructor(folder: string, minFree: Space | undefined) {
    this.#folder = folder;
    this.#minFree = minFree;
  }

  /** Why so many bytes more must not be written now, in words; undefined when they may be. */
  async refusal(bytes = 0): Promise<string | undefined> {
    const space = await this.#read();
    if (!space) return undefined;
    const floor = floorOf(this.#minFree, space.total);
    // With nothing to be left free the disk itself says when it is full.
    if (floor === 0 || space.free - bytes >= floor) return undefined;
    const needed = bytes > 0 ? `, about ${formatSize(bytes)} are needed` : '';
    return `less than ${formatSize(floor)} would be left free in ${this.#folder} (now ${formatSize(space.free)}${needed}; --min-free)`;
  }

  /** Aborts `signal`, with the reason, when the disk is fuller than it may be; until `stop` is called. */
  watch(): { signal: AbortSignal; stop(): void } {
    const low = new AbortController();
    const stopped = new AbortController();
    void this.#lookUntil(stopped.signal, low);
    return { signal: low.signal, stop: () => stopped.abort() };
  }

  async #lookUntil(stopped: AbortSignal, low: AbortController): Promise<void> {
    while (!stopped.aborted) {
      await delay(lookMs, undefined, { signal: stopped }).catch(() => 'nothing is written any more');
      const reason = stopped.aborted ? undefined : await this.refusal();
      if (reason === undefined || stopped.aborted) continue;
      low.abort(new RigError(reason));
      return;
    }
  }

  /** A disk that cannot be asked is no reason not to collect: writing to it says what is wrong. */
  async #read(): Promise<DiskSpace | undefined> {
    return await readDiskSpace(this.#folder).catch(() => undefined);
  }
}

/** Removes the files that were being written when their writer was ended; what was complete before is kept. */
export async function removePartial(folder: string): Promise<void> {
  // Later ones are from before the clock was set back.
  const [since, until] = [Date.now() - recentMs, Date.now() + recentMs];
  for (const path of await listFiles(folder).catch(() => [])) {
    const mtimeMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    if (mtimeMs >= since && mtimeMs <= until) await rm(path, { force: true });
  }
}
