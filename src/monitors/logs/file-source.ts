/** Log files as a source: follows each path through everything that can happen to its file. */
import type { SourceStatus, Trigger } from '../../plugin.ts';
import { excerptOf } from './file-excerpt.ts';
import type { FollowedFile } from './followed-file.ts';
import { OpenFiles } from './open-files.ts';
import type { Source, SourceContext, SourceExcerpt } from './source.ts';
import { WatchedPath } from './watched-path.ts';

/** How often everything is looked at without any hint. */
const safetyNetMs = 1000;

export class FileSource implements Source {
  readonly #context: SourceContext;
  readonly #paths: WatchedPath[];
  readonly #open: OpenFiles;
  #timer: NodeJS.Timeout | undefined;
  #isPollingTold = false;

  constructor(paths: string[], context: SourceContext) {
    this.#context = context;
    const onPolling = (reason: string): void => this.#onPolling(reason);
    const onMoved = (): void => this.#lookAtPaths();
    const onMatch = (file: FollowedFile, line: Buffer, offset: number): boolean => this.#onMatch(file, line, offset);
    this.#open = new OpenFiles({ context, onMatch, onMoved, onPolling });
    this.#paths = paths.map((path) => new WatchedPath(path, this.#open, context.remark, onPolling));
  }

  async start(): Promise<void> {
    for (const path of this.#paths) path.start();
    this.#timer = setInterval(() => {
      this.#lookAtPaths();
      this.#open.checkAll();
    }, safetyNetMs);
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
    ];
  }

  async context(trigger: Trigger): Promise<SourceExcerpt[]> {
    const isFollowed = (identity: string): boolean => this.#open.has(identity);
    return this.#open.all().map((file) => excerptOf(file, trigger.position, isFollowed));
  }

  close(): void {
    this.#open.close();
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

  #onPolling(reason: string): void {
    if (this.#isPollingTold) return;
    this.#isPollingTold = true;
    this.#context.remark(`log files are looked at once a second, because ${reason}`);
  }
}
