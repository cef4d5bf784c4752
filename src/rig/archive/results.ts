/** The results of one rig. With --keep or --max-total, the oldest are removed. */
import { lstat } from 'node:fs/promises';
import { errnoOf } from '../../errors.ts';
import { identityOf } from '../../host/folders.ts';
import { listFiles, removeTree } from '../../host/trees.ts';
import type { OutputRules } from '../records/spec.ts';

/** How many results are remembered; older ones are never removed. */
const mostRemembered = 10_000;

interface Result {
  path: string;
  /** So that nothing else that takes the name is removed. */
  identity: string;
  bytes: number;
}

export class Results {
  readonly #rules: OutputRules;
  #kept: Result[] = [];

  constructor(rules: OutputRules) {
    this.#rules = rules;
  }

  /** Those that are kept, oldest first. */
  paths(): string[] {
    return this.#kept.map(({ path }) => path);
  }

  /** Adds the newest, and removes the oldest if there are too many. Resolves to the removed paths. */
  async add(path: string): Promise<string[]> {
    const identity = identityOf(await lstat(path, { bigint: true }));
    // A result that cannot be measured counts, too.
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

/** Removes a result, unless somebody has moved or replaced it. Resolves to whether it was removed. */
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
