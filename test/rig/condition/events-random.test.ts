/** Conditions against the simplest model of what they promise, over sightings of three subjects, where the journal is read late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEventCondition } from '../../../src/rig/condition/events.ts';
import type { ConditionRules } from '../../../src/rig/records/spec.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { randomBelow, seedsFor } from '../../support/random.ts';
import { rulesWith, sighting } from '../../support/sightings.ts';

const seeds = seedsFor(300);

interface Seen {
  subject: string;
  atMs: number;
  readMs: number;
  times: number;
  isFirst: boolean;
  isSecond: boolean;
}

/** Sightings in the order in which they are read: each subject in its own, a file when it is written, the journal up to 9 s later. */
function sightingsOf(below: (limit: number) => number, isSplit: boolean): Seen[] {
  const [count, gapMs, firstOf100] = [[5, 40, 300][below(3)], [1, 20, 300][below(3)], [2, 50, 98][below(3)]];
  const [lateMs, journalHas] = [[0, 1400, 9000][below(3)] as number, below(2)];
  let [nowMs, journalReadMs] = [0, 0];
  const all = Array.from({ length: count as number }, (): Seen => {
    nowMs += below((gapMs as number) + 1);
    const kind = below(100);
    const isFirst = kind < (firstOf100 as number) || (!isSplit && kind === 99);
    const isSecond = kind >= (firstOf100 as number) || (!isSplit && kind === 0);
    const isOfJournal = isSplit ? isFirst === (journalHas === 1) : below(3) === 0;
    if (isOfJournal) journalReadMs = Math.max(journalReadMs, nowMs + below(lateMs + 1));
    const subject = isOfJournal ? 'journal' : below(2) === 0 ? '/a' : '/b';
    const times = below(10) === 0 ? 1 + below(4) : 1;
    return { subject, atMs: nowMs, readMs: isOfJournal ? journalReadMs : nowMs, times, isFirst, isSecond };
  });
  return all.sort((a, b) => a.readMs - b.readMs);
}

/** Whether it happened in this order, where `isRead` says whether it was read in it. */
const isInOrder = (a: Seen, b: Seen, isRead: boolean): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && isRead) ? a.subject !== b.subject || isRead : false;

/** Whether the last of some sightings, in the order of reading, meets the condition. */
function isMetByLast(rules: ConditionRules, all: Seen[]): boolean {
  const [last, spanMs = Number.POSITIVE_INFINITY] = [all.at(-1) as Seen, rules.withinMs];
  const isNear = (a: Seen, b: Seen): boolean => b.atMs - a.atMs <= spanMs;
  if (rules.sequence)
    return all
      .slice(0, -1)
      .some(
        (one) =>
          (one.isFirst && last.isSecond && isInOrder(one, last, true) && isNear(one, last)) ||
          (last.isFirst && one.isSecond && isInOrder(last, one, false) && isNear(last, one)),
      );
  const firsts = all.filter(({ isFirst }) => isFirst);
  const since = (from: Seen): number =>
    firsts.reduce((sum, one) => sum + (one.atMs >= from.atMs && isNear(from, one) ? one.times : 0), 0);
  return (
    last.isFirst && firsts.some((from) => from.atMs <= last.atMs && isNear(from, last) && since(from) >= rules.count)
  );
}

/** The number of the sighting that triggers; -1: none. */
function play(rules: ConditionRules, all: Seen[]): number {
  let isMet = false;
  const onMet = (): boolean => {
    isMet = true;
    return true;
  };
  const condition = makeEventCondition(rules, new DrivenClock(), onMet, () => 0);
  return all.findIndex(({ subject, times, atMs, isFirst, isSecond }) => {
    const slot = isSecond && rules.sequence ? (isFirst ? 'both' : 'second') : 'first';
    if (isFirst || slot === 'second') condition.take(sighting('A', { subject, times, atMs, slot }));
    return isMet;
  });
}

for (const [what, rulesFor] of [
  ['--count', () => ({})],
  ['--count --within', (withinMs: number) => ({ withinMs })],
  ['--then', (withinMs: number) => ({ withinMs, sequence: 'then' })],
] as const)
  test(`${what} triggers at the sighting that the model says`, () => {
    for (const seed of seeds) {
      const below = randomBelow(seed);
      const withinMs = [400, 1000, 5000][below(3)] as number;
      const rules = rulesWith({ count: 2 + below(6), ...rulesFor(withinMs) });
      const all = sightingsOf(below, below(2) === 0);
      const expected = all.findIndex((_, number) => isMetByLast(rules, all.slice(0, number + 1)));
      assert.equal(play(rules, all), expected, `seed ${seed}`);
    }
  });
