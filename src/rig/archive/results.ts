/** The results of one rig, the oldest first; of a restarting rig the oldest are removed where the user wants that. */
import { lstat } from 'node:fs/promises';
import { errnoOf } from '../../errors.ts';
import { identityOf } from '../../host/folders.ts';
import { listFiles, removeTree } from '../../host/trees.ts';
import type { OutputRules } from '../records/spec.ts';

/** As many are remembered: more are not removed any more. */
const mostRemembered = 10_000;

interface Result {
  path: string;
  /** So that nothing is removed that has taken the name since. */
  identity: string;
  bytes: number;
}

export class Results {
  readonly #rules: OutputRules;
  #kept: Result[] = [];

  constructor(rules: OutputRules) {
    this.#rules = rules;
  }

  /** Those that were not removed, the oldest first. */
  paths(): string[] {
    return this.#kept.map(({ path }) => path);
  }

  /** Adds the newest, and removes the oldest ones that are too many. Returns the paths of those. */
  async add(path: string): Promise<string[]> {
    const identity = identityOf(await lstat(path, { bigint: true }));
    // One that cannot be measured is still one of them.
    this.#kept.push({ path, identity, bytes: await sizeOf(path).catch(() => 0) });
    const removed: string[] = [];
    while (this.#kept.length > 1 && this.#isTooMuch()) {
      const oldest = this.#kept.shift();
      if (oldest && (await removeResult(oldest))) removed.push(oldest.path);
    }
    this.#kept = this.#kept.slice(-mostRemembered);
    return removed;
  }

  #isTooMuch(): boolean {
    const { keep = Number.POSITIVE_INFINITY, mostBytes = Number.POSITIVE_INFINITY } = this.#rules;
    const bytes = this.#kept.reduce((sum, result) => sum + result.bytes, 0);
    return this.#kept.length > keep || bytes > mostBytes;
  }
}

/** The bytes of a file, or of all files in a folder. */
async function sizeOf(path: string): Promise<number> {
  const stat = await lstat(path);
  if (!stat.isDirectory()) return stat.size;
  let bytes = 0;
  for (const file of await listFiles(path)) bytes += (await lstat(file)).size;
  return bytes;
}

/** Removes a result, unless somebody has moved it away or put something else in its place; whether it was removed. */
async function removeResult({ path, identity }: Result): Promise<boolean> {
  try {
    if (identityOf(await lstat(path, { bigint: true })) !== identity) return false;
    await removeTree(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
