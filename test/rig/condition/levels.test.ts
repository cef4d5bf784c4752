import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hold } from '../../../src/rig/condition/hold.ts';
import { Levels } from '../../../src/rig/condition/levels.ts';
import type { Met } from '../../../src/rig/condition/met.ts';
import type { ConditionRules } from '../../../src/rig/records/spec.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { plain } from '../../support/plain.ts';
import { reading, rulesWith } from '../../support/sightings.ts';

function make(rules: Partial<ConditionRules> = {}): { levels: Levels; met: Met[] } {
  const met: Met[] = [];
  return { levels: new Levels(rulesWith(rules), (read) => met.push(read()) > 0), met };
}

test('a level triggers when it is met, with what was looked at', () => {
  const { levels, met } = make();
  levels.take(reading(false, 0));
  assert.equal(met.length, 0);
  levels.take(reading(true, 1000, { value: 200 }));
  assert.deepEqual(plain(met), [
    {
      subject: 'nginx',
      text: 'rss 200',
      atMs: 1000,
      matches: 1,
      facts: { figure: 'rss', value: 200, limit: 100, forMs: 0, looks: 1 },
    },
  ]);
});

test('a level that stays met triggers once, and again only after it was not', () => {
  const { levels, met } = make();
  for (const atMs of [0, 1000, 2000]) levels.take(reading(true, atMs));
  assert.equal(met.length, 1);
  levels.take(reading(false, 3000));
  levels.take(reading(true, 4000));
  assert.equal(met.length, 2);
});

test('--for triggers when it was met for that long without a break', () => {
  const { levels, met } = make({ forMs: 3000 });
  for (const atMs of [0, 1000, 2000]) levels.take(reading(true, atMs));
  levels.take(reading(false, 2500));
  for (const atMs of [3000, 4000, 5999]) levels.take(reading(true, atMs));
  assert.equal(met.length, 0);
  levels.take(reading(true, 6000));
  assert.deepEqual([met.length, met[0]?.facts?.forMs, met[0]?.facts?.looks], [1, 3000, 4]);
});

test('--cycles triggers when it was met at that many looks in a row', () => {
  const { levels, met } = make({ cycles: 3 });
  for (const [number, isMet] of [true, true, false, true, true].entries()) levels.take(reading(isMet, number));
  assert.equal(met.length, 0);
  levels.take(reading(true, 5));
  assert.deepEqual([met.length, met[0]?.matches], [1, 3]);
});

test('with --for and --cycles both must hold', () => {
  const { levels, met } = make({ forMs: 100, cycles: 2 });
  levels.take(reading(true, 0));
  levels.take(reading(true, 50));
  assert.equal(met.length, 0, 'twice, but not for long enough');
  levels.take(reading(true, 100));
  assert.equal(met.length, 1);
});

test('each figure of each subject is a level of its own', () => {
  const { levels, met } = make();
  levels.take(reading(true, 0));
  levels.take(reading(true, 0, { figure: 'state' }));
  levels.take(reading(true, 0, { subject: 'mysqld' }));
  levels.take(reading(false, 1, { figure: 'state' }));
  levels.take(reading(true, 2));
  assert.deepEqual(
    met.map(({ subject, facts }) => `${subject} ${facts?.figure}`),
    ['nginx rss', 'nginx state', 'mysqld rss'],
  );
});

test('a subject that is gone is no longer met: one that comes back begins anew', () => {
  const { levels, met } = make({ forMs: 1000 });
  levels.take(reading(true, 0));
  levels.gone('nginx');
  levels.take(reading(true, 1500));
  assert.equal(met.length, 0);
  levels.take(reading(true, 2500));
  levels.gone('nginx');
  levels.take(reading(true, 3000));
  levels.take(reading(true, 4000));
  assert.equal(met.length, 2);
});

test('a level that a cooldown holds back triggers as soon as that is over, if it still lasts', () => {
  const clock = new DrivenClock();
  const hold = new Hold({ times: -1, cooldownMs: 5000 }, clock);
  const taken: string[] = [];
  const levels = new Levels(rulesWith(), (read) => {
    if (hold.reason(0) !== undefined) return false;
    const { subject, atMs } = read();
    hold.take();
    taken.push(`${subject} at ${atMs}`);
    return true;
  });
  clock.every(1000, () => {
    const atMs = clock.nowMs();
    for (const subject of ['first', 'lasting']) levels.take(reading(true, atMs, { subject }));
    levels.take(reading(atMs < 5000, atMs, { subject: 'over before' }));
  });
  clock.pass(20_000);
  assert.deepEqual(taken, ['first at 1000', 'lasting at 6000']);
});
