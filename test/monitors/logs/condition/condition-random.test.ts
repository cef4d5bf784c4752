/** Conditions against the simplest model of what they promise, over lines of three sources, where the journal is read late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCondition } from '../../../../src/monitors/logs/condition/condition.ts';
import type { LogsPlan } from '../../../../src/monitors/logs/plan.ts';
import { randomBelow, seedsFor } from '../../../support/random.ts';

const message = { text: 'A', mode: 'plain', ignoreCase: false } as const;
const seeds = seedsFor(300);

interface Line {
  source: string;
  atMs: number;
  readMs: number;
  times: number;
  isFirst: boolean;
  isSecond: boolean;
}

/** Lines in the order in which they are read: each source in its own, a file when it is written, the journal up to 9 s later. */
function linesOf(below: (limit: number) => number, isSplit: boolean): Line[] {
  const [count, gapMs, firstOf100] = [[5, 40, 300][below(3)], [1, 20, 300][below(3)], [2, 50, 98][below(3)]];
  const [lateMs, journalHas] = [[0, 1400, 9000][below(3)] as number, below(2)];
  let [nowMs, journalReadMs] = [0, 0];
  const lines = Array.from({ length: count as number }, (): Line => {
    nowMs += below((gapMs as number) + 1);
    const kind = below(100);
    const isFirst = kind < (firstOf100 as number) || (!isSplit && kind === 99);
    const isSecond = kind >= (firstOf100 as number) || (!isSplit && kind === 0);
    const isOfJournal = isSplit ? isFirst === (journalHas === 1) : below(3) === 0;
    if (isOfJournal) journalReadMs = Math.max(journalReadMs, nowMs + below(lateMs + 1));
    const source = isOfJournal ? 'journal' : below(2) === 0 ? '/a' : '/b';
    const times = below(10) === 0 ? 1 + below(4) : 1;
    return { source, atMs: nowMs, readMs: isOfJournal ? journalReadMs : nowMs, times, isFirst, isSecond };
  });
  return lines.sort((a, b) => a.readMs - b.readMs);
}

/** Whether it was logged in this order, where `isRead` says whether it was read in it. */
const isInOrder = (a: Line, b: Line, isRead: boolean): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && isRead) ? a.source !== b.source || isRead : false;

/** Whether the last of some lines, in the order of reading, meets the condition. */
function isMetByLast(plan: LogsPlan, lines: Line[]): boolean {
  const [last, spanMs = Number.POSITIVE_INFINITY] = [lines.at(-1) as Line, plan.withinMs];
  const isNear = (a: Line, b: Line): boolean => b.atMs - a.atMs <= spanMs;
  if (plan.next)
    return lines
      .slice(0, -1)
      .some(
        (one) =>
          (one.isFirst && last.isSecond && isInOrder(one, last, true) && isNear(one, last)) ||
          (last.isFirst && one.isSecond && isInOrder(last, one, false) && isNear(last, one)),
      );
  const firsts = lines.filter(({ isFirst }) => isFirst);
  const since = (from: Line): number =>
    firsts.reduce((sum, one) => sum + (one.atMs >= from.atMs && isNear(from, one) ? one.times : 0), 0);
  return (
    last.isFirst && firsts.some((from) => from.atMs <= last.atMs && isNear(from, last) && since(from) >= plan.count)
  );
}

/** The number of the line that triggers; -1: none. */
function play(plan: LogsPlan, lines: Line[]): number {
  let hasFired = false;
  const condition = makeCondition(
    plan,
    () => {
      hasFired = true;
    },
    () => 0,
  );
  return lines.findIndex(({ source, times, atMs, isFirst, isSecond }) => {
    const match = { source, line: Buffer.from('A'), position: { cursor: '' }, atMs: 0 };
    if (isFirst || (isSecond && plan.next)) condition.take({ match, times, atMs, isFirst, isSecond });
    return hasFired;
  });
}

for (const [what, optionsFor] of [
  ['--count', () => ({})],
  ['--count --within', (withinMs: number) => ({ withinMs })],
  ['--then', (withinMs: number) => ({ withinMs, next: message })],
] as const)
  test(`${what} triggers at the line that the model says`, () => {
    for (const seed of seeds) {
      const below = randomBelow(seed);
      const withinMs = [400, 1000, 5000][below(3)] as number;
      const plan = { message, files: [], count: 2 + below(6), ...optionsFor(withinMs) };
      const lines = linesOf(below, below(2) === 0);
      const expected = lines.findIndex((_, number) => isMetByLast(plan, lines.slice(0, number + 1)));
      assert.equal(play(plan, lines), expected, `seed ${seed}`);
    }
  });
