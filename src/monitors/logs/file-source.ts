/** Log files as a source: follows each path through everything that can happen to its file. */
import { messageOf } from '../../errors.ts';
import type { SourceStatus, Trigger } from '../../plugin.ts';
import type { CompressedFile } from './compressed-file.ts';
import { examineCompressed } from './compressed-file.ts';
import { excerptOf } from './file-excerpt.ts';
import type { FollowedFile } from './followed-file.ts';
import { OpenFiles } from './open-files.ts';
import type { Source, SourceContext, SourceExcerpt } from './source.ts';
import { WatchedPath } from './watched-path.ts';

/** How often everything is looked at without any hint, unless --interval says otherwise. */
export const defaultIntervalMs = 1000;
/** How long a file that was rotated away must be silent before it is let go. */
const letGoAfterMs = 30_000;

export interface FileSettings {
  intervalMs?: number | undefined;
  letGoAfterMs?: number;
}

export class FileSource implements Source {
  readonly #context: SourceContext;
  readonly #paths: WatchedPath[];
  readonly #open: OpenFiles;
  readonly #compressed: CompressedFile[] = [];
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isPollingTold = false;

  constructor(paths: string[], context: SourceContext, settings: FileSettings = {}) {
    this.#context = context;
    this.#intervalMs = settings.intervalMs ?? defaultIntervalMs;
    this.#open = new OpenFiles({
      context,
      onMatch: (file, line, offset) => this.#onMatch(file, line, offset),
      onMoved: () => {
        for (const path of this.#paths) path.planLook();
      },
      onPolling: (path, reason) => this.#onPolling(path, reason),
      letGoAfterMs: settings.letGoAfterMs ?? letGoAfterMs,
    });
    this.#paths = paths.map((path) => this.#watched(path));
  }

  #watched(path: string): WatchedPath {
    return new WatchedPath(path, {
      open: this.#open,
      remark: this.#context.remark,
      onPolling: (path, reason) => this.#onPolling(path, reason),
      onCompressed: (path) => void this.#examineCompressed(path),
    });
  }

  async start(): Promise<void> {
    for (const path of this.#paths) path.start();
    this.#timer = setInterval(() => {
      this.#lookAtPaths();
      this.#open.checkAll();
    }, this.#intervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const path of this.#paths) path.stop();
    this.#open.stop();
  }

  status(): SourceStatus[] {
    const named = new Set(this.#paths.map(({ file }) => file));
    const rotated = this.#open.all().filter((file) => !named.has(file));
    return [
      ...this.#paths.map(({ path, file }) =>
        file ? this.#describe(path, file) : { source: path, state: 'waiting for the file' },
      ),
      ...rotated.map((file) => this.#describe(file.path, file, 'rotated away')),
      ...this.#compressed.map(({ path, ...figures }) => ({ source: path, state: 'unpacked', ...figures })),
    ];
  }

  async context(trigger: Trigger): Promise<SourceExcerpt[]> {
    const excerpts = this.#open.all().map((file) => excerptOf(file, trigger.position));
    this.#open.close();
    return excerpts;
  }

  #lookAtPaths(): void {
    for (const path of this.#paths) path.look();
  }

  #onMatch(file: FollowedFile, line: Buffer, offset: number): boolean {
    const position = { file: file.path, inode: file.inode, offset };
    const taken = this.#context.onMatch({ source: file.path, line, position, atMs: Date.now() });
    if (taken === 'counted') file.matches++;
    else file.passedOver++;
    return !this.#context.isOver();
  }

  #describe(source: string, file: FollowedFile, state = 'following'): SourceStatus {
    const { inode, offset, lines, bytes, matches, passedOver } = file;
    const wokenBy = this.#open.isPolled(file) ? 'polling' : 'inotify';
    return { source, state, wokenBy, inode, offset, lines, bytes, matches, passedOver };
  }

  async #examineCompressed(path: string): Promise<void> {
    try {
      const examined = await examineCompressed(path, this.#open.all(), this.#context);
      if (examined) this.#compressed.push(examined);
    } catch (error) {
      this.#context.remark(`${path}: lines that came while rig was stopped cannot be read: ${messageOf(error)}`);
    }
  }

  #onPolling(path: string, reason: string): void {
    if (this.#isPollingTold) return;
    this.#isPollingTold = true;
    this.#context.remark(`${path} is looked at every ${this.#intervalMs} ms, because ${reason}`);
  }
}
