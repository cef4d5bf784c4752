/** A file source at work on a folder of its own, for the tests of the follower. */

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, SystemClock } from '../../../../src/host/clock.ts';
import type { FileSettings } from '../../../../src/monitors/logs/files/file-source.ts';
import { FileSource } from '../../../../src/monitors/logs/files/file-source.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';
import type { LineMatch, LinePosition, Source, SourceContext } from '../../../../src/monitors/logs/source.ts';
import { waitFor } from '../../../support/wait.ts';

export interface Seen {
  line: string;
  source: string;
  position: LinePosition;
}

export interface Following<S = FileSource> {
  /** The lines that matched, in the order in which they were found. */
  seen: Seen[];
  lines(): string[];
  remarks: string[];
  source: S;
  /** Waits until so many lines were seen. */
  until(count: number): Promise<void>;
}

/** Stops this process's event loop, as SIGSTOP or a suspend would: everything that happens meanwhile is found at once. */
export function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Lets time pass in which rig looks again and again: in parts, since all of it may go by in one standstill of this process. */
export async function whileRigLooks(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 50) await delay(50);
}

/** Starts following files, looking for an expression; everything matches unless one is given. */
export const follow = (
  t: TestContext,
  paths: string[],
  expression = '.',
  settings: FileSettings = {},
  clock?: Clock,
): Promise<Following> => watchSource(t, expression, (context) => new FileSource(paths, context, settings), clock);

/** Starts a source that looks for an expression. */
export async function watchSource<S extends Source>(
  t: TestContext,
  expression: string,
  makeSource: (context: SourceContext) => S,
  clock: Clock = new SystemClock((error) => assert.fail(String(error))),
): Promise<Following<S>> {
  const seen: Seen[] = [];
  const remarks: string[] = [];
  const source = makeSource({
    matcher: compileMatcher({ text: expression, mode: 'expression', ignoreCase: false }),
    clock,
    onMatch: ({ line, source, position }: LineMatch) => {
      seen.push({ line: line.toString(), source, position });
      return 'counted' as const;
    },
    isOver: () => false,
    remark: (text: string) => remarks.push(text),
    debug: () => {},
  });
  await source.start();
  t.after(async () => {
    await source.stop();
    source.close();
  });
  const lines = (): string[] => seen.map(({ line }) => line);
  const until = async (count: number): Promise<void> => {
    await waitFor(`${count} lines`, () => seen.length >= count);
  };
  return { seen, lines, remarks, source, until };
}
