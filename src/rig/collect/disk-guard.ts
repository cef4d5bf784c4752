/** Keeps a part of the disk free. */
import { rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import { type DiskSpace, readDiskSpace } from '../../host/disk-space.ts';
import { listFiles } from '../../host/trees.ts';
import type { Space } from '../../options/table.ts';
import { formatSize } from '../../options/units.ts';

/** How often to look while something is written: a fast disk takes half a gigabyte in that time. */
const lookMs = 250;
/** A file that was written this recently is taken for incomplete. */
const recentMs = 2 * lookMs + 1000;

const gigabyte = 2 ** 30;

/** How many bytes of a file system must stay free. `minFree` undefined: 1 GiB or 5 %, whichever is more. */
function floorOf(minFree: Space | undefined, total: number): number {
  if (minFree === undefined) return Math.max(gigabyte, total * 0.05);
  return 'bytes' in minFree ? minFree.bytes : (total * minFree.percent) / 100;
}

export class DiskGuard {
  readonly #folder: string;
  readonly #minFree: Space | undefined;

  /** Guards the disk of `folder`. */
  constructor(folder: string, minFree: Space | undefined) {
    this.#folder = folder;
    this.#minFree = minFree;
  }

  /** Why another `bytes` must not be written now, in words; undefined if they may. */
  async refusal(bytes = 0): Promise<string | undefined> {
    const space = await this.#read();
    if (!space) return undefined;
    const floor = floorOf(this.#minFree, space.total);
    // Without a floor, the disk itself says when it is full.
    if (floor === 0 || space.free - bytes >= floor) return undefined;
    const needed = bytes > 0 ? `, about ${formatSize(bytes)} are needed` : '';
    return `less than ${formatSize(floor)} would be left free in ${this.#folder} (now ${formatSize(space.free)}${needed}; --min-free)`;
  }

  /** Until `stop` is called, aborts `signal` with the reason when too little is free. */
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

  /** Undefined if the disk cannot be asked: writing to it will say what is wrong. */
  async #read(): Promise<DiskSpace | undefined> {
    return await readDiskSpace(this.#folder).catch(() => undefined);
  }
}

/** Removes the files that a program was writing when it was ended; complete ones are kept. */
export async function removePartial(folder: string): Promise<void> {
  // A later time is from before the clock was set back.
  const [since, until] = [Date.now() - recentMs, Date.now() + recentMs];
  for (const path of await listFiles(folder).catch(() => [])) {
    const mtimeMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    if (mtimeMs >= since && mtimeMs <= until) await rm(path, { force: true });
  }
}
