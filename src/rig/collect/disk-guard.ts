/** Keeps a part of the disk free. */
import { rm, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import { readDiskSpace } from '../../host/disk-space.ts';
import { listFiles } from '../../host/trees.ts';
import type { Space } from '../../options/table.ts';
import { formatSize } from '../../options/units.ts';
import { hanging, type OutputDisk } from './output-disk.ts';

/** How often to look while something is written: a fast disk takes half a gigabyte in that time. */
const lookMs = 250;
/** A file that was written this recently is taken for incomplete. */
const recentMs = 2 * lookMs + 1000;

/** A file that its size limit has stopped leaves a little more free than the floor. */
const leastBytes = 2 ** 20;

const gigabyte = 2 ** 30;

/** How many bytes of a file system must stay free. `minFree` undefined: 1 GiB or 5 %, whichever is more. */
function floorOf(minFree: Space | undefined, total: number): number {
  if (minFree === undefined) return Math.max(gigabyte, total * 0.05);
  return 'bytes' in minFree ? minFree.bytes : (total * minFree.percent) / 100;
}

export class DiskGuard {
  readonly #disk: OutputDisk;
  readonly #minFree: Space | undefined;
  #isHanging = false;

  constructor(disk: OutputDisk, minFree: Space | undefined) {
    this.#disk = disk;
    this.#minFree = minFree;
  }

  /** Whether the last refusal was for a disk that did not answer. */
  get isHanging(): boolean {
    return this.#isHanging;
  }

  /** Why another `bytes` must not be written now, in words; undefined if they may. */
  async refusal(bytes = 0): Promise<string | undefined> {
    const { folder } = this.#disk;
    const space = await this.#disk.use(() => this.#read());
    this.#isHanging = space === hanging;
    if (space === hanging) return `${folder} does not answer`;
    if (!space || space.free - Math.max(bytes, leastBytes) >= space.floor) return undefined;
    const { free, floor } = space;
    const needed = bytes > 0 ? `, about ${formatSize(bytes)} are needed` : '';
    return `less than ${formatSize(floor)} would be left free in ${folder} (now ${formatSize(free)}${needed}; --min-free)`;
  }

  /** How many bytes may be written now; undefined if there is no limit. */
  async room(): Promise<number | undefined> {
    const space = await this.#disk.use(() => this.#read());
    return space && space !== hanging ? Math.max(0, space.free - space.floor) : undefined;
  }

  /** Until `stop` is called, aborts `signal` with the reason when too little is free, or the disk does not answer. */
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

  /** What is free and what must stay so. Undefined without a floor, or if the disk cannot be asked: writing says what is wrong. */
  async #read(): Promise<{ free: number; floor: number } | undefined> {
    const space = await readDiskSpace(this.#disk.folder).catch(() => undefined);
    const floor = space === undefined ? 0 : floorOf(this.#minFree, space.total);
    return space && floor > 0 ? { free: space.free, floor } : undefined;
  }
}

/** Removes the files that a program was writing when it was ended; complete ones are kept. Resolves to the names of the removed. */
export async function removePartial(folder: string): Promise<Set<string>> {
  const removed = new Set<string>();
  // A later time is from before the clock was set back.
  const [since, until] = [Date.now() - recentMs, Date.now() + recentMs];
  for (const path of await listFiles(folder).catch(() => [])) {
    const mtimeMs = await stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    if (mtimeMs < since || mtimeMs > until) continue;
    await rm(path, { force: true });
    removed.add(relative(folder, path));
  }
  return removed;
}
