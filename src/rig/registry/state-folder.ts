/** A rig's folder under /run/rig. */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { descriptorPath, noProc } from '../../host/descriptors.ts';
import { stateFolder } from '../records/paths.ts';

/** A rig's folder, through a descriptor: never a later folder of the same name. */
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
    throw noProc();
  }

  inside(name = ''): string {
    return `${descriptorPath(this.#handle.fd)}/${name}`;
  }

  /** The JSON in a file of this folder; undefined if there is none that can be read. */
  async read(name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.inside(name), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Whether this is still the folder of the id. */
  async isInPlace(id: string): Promise<boolean> {
    const [own, named] = [await this.#handle.stat(), await stat(stateFolder(id)).catch(() => undefined)];
    return named !== undefined && named.dev === own.dev && named.ino === own.ino;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
