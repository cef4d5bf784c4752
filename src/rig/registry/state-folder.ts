/** A rig's folder under /run/rig. */
import { constants, existsSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, messageOf, RigError } from '../../errors.ts';
import { descriptorPath, noProc } from '../../host/descriptors.ts';
import { stateFolder } from '../records/paths.ts';

/** The errors of what is no folder. */
const notFolders: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** A rig's folder, through a descriptor: never a later folder of the same name. */
export class StateFolder {
  readonly #id: string;
  readonly #handle: FileHandle;
  private constructor(id: string, handle: FileHandle) {
    [this.#id, this.#handle] = [id, handle];
  }

  /** Undefined if there is no such folder. Throws a RigError if it cannot be looked at: nothing is known of it then. */
  static async open(id: string): Promise<StateFolder | undefined> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const handle = await open(stateFolder(id), flags).catch((error) => {
      if (notFolders.has(errnoOf(error))) return undefined;
      throw new RigError(`${id}: cannot be looked at: ${errnoOf(error)}`, { cause: error });
    });
    if (!handle) return undefined;
    const folder = new StateFolder(id, handle);
    if (existsSync(folder.inside())) return folder;
    await folder.close();
    throw noProc();
  }

  inside(name = ''): string {
    return `${descriptorPath(this.#handle.fd)}/${name}`;
  }

  /** Its usual path, for messages. */
  get path(): string {
    return stateFolder(this.#id);
  }

  /** The names in this folder. Throws a RigError if they cannot be read. */
  async names(): Promise<string[]> {
    return await readdir(this.inside()).catch((error) => this.#fail(error));
  }

  /** The JSON in a file of this folder; undefined if there is no such file. Throws a RigError if it cannot be read or understood. */
  async read(name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.inside(name), 'utf8'));
    } catch (error) {
      return errnoOf(error) === 'ENOENT' ? undefined : this.#fail(error, name);
    }
  }

  #fail(error: unknown, name = ''): never {
    const path = join(this.path, name);
    throw new RigError(`${this.#id}: ${path} cannot be read: ${errnoOf(error) ?? messageOf(error)}`, { cause: error });
  }

  /** Whether this is still the folder of its id. */
  async isInPlace(): Promise<boolean> {
    const [own, named] = [await this.#handle.stat(), await stat(stateFolder(this.#id)).catch(() => undefined)];
    return named !== undefined && named.dev === own.dev && named.ino === own.ino;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
