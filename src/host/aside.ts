/**
 * Reads what may never answer: files of /proc that need the memory map of a process (environ, cmdline, smaps), and files on a
 * dead file system. A process whose map is locked, as while it waits for a dead NFS server, makes every reader wait: that is why
 * ps(1) hangs there. A thread of rig that waited so could not be ended, nor could rig. So a child reads, and is abandoned when
 * it hangs.
 */
// Not execa: a child that hangs must not be waited for.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { findProgram } from './programs/find-program.ts';
import { ownPrograms } from './programs/own-programs.ts';

/** How long a child may be silent before it counts as hanging. */
const patienceMs = 1000;
/** How long one call may take, however many files hang. */
const mostMs = 3000;
/** What has hung is not read again for so long. */
const avoidMs = 30_000;
/** How many files one child reads: the kernel limits the length of a command line, execve(2). */
const batchSize = 500;
/** How many children may hang at once. While there are more, nothing is read. */
const mostHanging = 8;

/** What a child wrote, and whether it was abandoned. */
interface Output {
  bytes: Buffer;
  hangs: boolean;
}

/** The parts of what a child wrote, without the separators, one of which comes before each part. */
function split(bytes: Buffer, separator: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = bytes.indexOf(separator); at >= 0; ) {
    const next = bytes.indexOf(separator, at + separator.length);
    parts.push(bytes.subarray(at + separator.length, next < 0 ? undefined : next));
    at = next;
  }
  return parts;
}

class Aside {
  #hanging = 0;
  /** When each file that has hung may be read again. */
  readonly #avoided = new Map<string, number>();

  /** The contents of files: empty for one that is gone or may not be read, undefined for one that does not answer. */
  async read(paths: readonly string[]): Promise<(Buffer | undefined)[]> {
    const results = new Map<string, Buffer>();
    const giveUpAt = performance.now() + mostMs;
    let left = paths.filter((path) => !this.#isAvoided(path));
    while (left.length > 0 && performance.now() < giveUpAt) {
      const batch = left.slice(0, batchSize);
      const contents = await this.#readBatch(batch);
      if (contents === undefined) break;
      for (const [index, content] of contents.entries()) results.set(batch[index] ?? '', content);
      const hung = batch[contents.length];
      if (hung !== undefined) this.#avoided.set(hung, performance.now() + avoidMs);
      left = left.slice(contents.length + (hung === undefined ? 0 : 1));
    }
    return paths.map((path) => results.get(path));
  }

  /** As {@link read}, of one file. */
  async readOne(path: string): Promise<Buffer | undefined> {
    return (await this.read([path]))[0];
  }

  /** Which files the paths lead to now, `DEVICE:INODE` by path: without those that are gone; undefined if one does not answer. */
  async identify(paths: readonly string[]): Promise<Map<string, string> | undefined> {
    const identities = new Map<string, string>();
    for (let at = 0; at < paths.length; at += batchSize) {
      const { bytes, hangs } = await this.#run('stat', ['-L', '-c', '%d:%i %n', ...paths.slice(at, at + batchSize)]);
      if (hangs) return undefined;
      for (const line of bytes.toString().split('\n')) {
        const [identity = '', path = ''] = line.split(' ');
        identities.set(path, identity);
      }
    }
    return identities;
  }

  /**
   * Whether the file system of a path answers; so it seems where there is no stat(1). It is asked for its size, statfs(2): what a
   * file is may be answered from a cache.
   */
  async answers(path: string): Promise<boolean> {
    if ((await findProgram('stat')) === undefined) return true;
    return !(await this.#run('stat', ['-f', '-c', '%b', path])).hangs;
  }

  #isAvoided(path: string): boolean {
    const until = this.#avoided.get(path);
    if (until === undefined) return false;
    if (performance.now() < until) return true;
    this.#avoided.delete(path);
    return false;
  }

  /** The contents of files up to the first that hangs; undefined if nothing can be read now. */
  async #readBatch(paths: string[]): Promise<Buffer[] | undefined> {
    // What separates the files is the environment of the child itself: nobody who is read can know it.
    const env = ownPrograms.environment({ RIG_READ: randomUUID() });
    const separator = Buffer.from(
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\0`)
        .join(''),
    );
    const { bytes, hangs } = await this.#run(
      'cat',
      paths.flatMap((path) => ['/proc/self/environ', path]),
      env,
    );
    const parts = split(bytes, separator);
    if (parts.length === 0) return undefined;
    return hangs ? parts.slice(0, -1) : parts;
  }

  async #run(name: string, args: string[], env = ownPrograms.environment()): Promise<Output> {
    const nothing = { bytes: Buffer.alloc(0), hangs: true };
    const file = await findProgram(name);
    if (file === undefined || this.#hanging >= mostHanging) return nothing;
    const child = spawn(file, args, { env, cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(true), patienceMs);
    // None where there is no descriptor for it: then it does not start either.
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      timer.refresh();
    });
    child.once('error', () => resolve(true));
    child.once('close', () => resolve(false));
    if (child.pid === undefined) resolve(true);
    const hangs = await promise;
    clearTimeout(timer);
    if (hangs) this.#abandon(child);
    return { bytes: Buffer.concat(chunks), hangs };
  }

  #abandon(child: ReturnType<typeof spawn>): void {
    if (child.pid === undefined) return;
    this.#hanging++;
    child.once('exit', () => this.#hanging--);
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.unref();
  }
}

/** One object for the whole process: it knows how many children hang. */
export const aside = new Aside();
