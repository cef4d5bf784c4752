/** A rig's folder under /run/rig. */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { RigError } from '../../errors.ts';
import { descriptorPath } from '../../host/descriptors.ts';
import { stateFolder } from '../records/paths.ts';

export const noProc = '/proc is not mounted: rig cannot tell processes apart';

/** A rig's folder as it was met: a descriptor, so that what is done in it is done in this one and in no later one. */
export class StateFolder {
  readonly #handle: FileHandle;
  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(id: string): Promise<StateFolder | undefined> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const handle = await open(stateFolder(id), flags).catch(() => undefined);
    if (!handle) return undefined;
    const folder = new StateFolder(handle);
    if (existsSync(folder.inside())) return folder;
    await folder.close();
    throw new RigError(noProc);
  }

  inside(name = ''): string {
    return `${descriptorPath(this.#handle.fd)}/${name}`;
  }

  /** What a file of this folder says; undefined where it is gone or holds nothing that can be read. */
  async read(name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.inside(name), 'utf8'));
    } catch {
      // Whoever asks treats it as nobody's.
      return undefined;
    }
  }

  /** Whether this is still the folder that the id leads to. */
  async isInPlace(id: string): Promise<boolean> {
    const [own, named] = [await this.#handle.stat(), await stat(stateFolder(id)).catch(() => undefined)];
    return named !== undefined && named.dev === own.dev && named.ino === own.ino;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
