import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hold } from '../../../src/rig/condition/hold.ts';
import type { RestartRules } from '../../../src/rig/records/spec.ts';
import { DrivenClock } from '../../support/driven-clock.ts';

function make(rules: RestartRules, mayWait?: number): { hold: Hold; clock: DrivenClock } {
  const clock = new DrivenClock();
  return { hold: new Hold(rules, clock, mayWait), clock };
}

test('a rig that is not to restart triggers once', () => {
  const { hold } = make({ times: 0 });
  assert.equal(hold.reason(0), undefined);
  hold.take();
  assert.ok(hold.isOver);
  assert.equal(hold.restartsLeft, 0);
});

test('--restart N makes N + 1 triggers', () => {
  const { hold } = make({ times: 2 });
  const left: number[] = [];
  while (!hold.isOver) {
    left.push(hold.restartsLeft);
    hold.take();
  }
  assert.deepEqual(left, [2, 1, 0]);
  assert.equal(hold.triggers, 3);
});

test('--restart -1 never comes to an end', () => {
  const { hold } = make({ times: -1 });
  for (let count = 0; count < 10_000; count++) hold.take();
  assert.equal(hold.isOver, false);
  assert.equal(hold.restartsLeft, -1);
});

test('a cooldown begins with the trigger and ends when its time is over', () => {
  const { hold, clock } = make({ times: -1, cooldownMs: 1000 });
  assert.equal(hold.reason(0), undefined, 'there was no trigger yet');
  hold.take();
  clock.pass(999);
  assert.equal(hold.reason(0), 'cooldown');
  clock.pass(1);
  assert.equal(hold.reason(0), undefined);
});

test('the limit for an hour is one for every hour, not for each by the clock', () => {
  const { hold, clock } = make({ times: -1, maxPerHour: 2 });
  hold.take();
  clock.pass(3_000_000);
  hold.take();
  clock.pass(599_999);
  assert.equal(hold.reason(0), 'limit for an hour reached');
  clock.pass(1);
  assert.equal(hold.reason(0), undefined);
  hold.take();
  clock.pass(2_999_999);
  assert.equal(hold.reason(0), 'limit for an hour reached');
  clock.pass(1);
  assert.equal(hold.reason(0), undefined);
});

test('progress says what holds triggers back, where anything may', () => {
  assert.deepEqual(make({ times: -1 }).hold.progress(), { triggers: 0, restartsLeft: -1 });
  const { hold, clock } = make({ times: 4, cooldownMs: 60_000, maxPerHour: 5 });
  assert.deepEqual(hold.progress(), { triggers: 0, restartsLeft: 4, cooldownEnds: null, triggersInHour: 0 });
  hold.take();
  const endMs = clock.dateMs() + 60_000;
  clock.pass(1000);
  const { cooldownEnds, ...rest } = hold.progress();
  assert.deepEqual(rest, { triggers: 1, restartsLeft: 3, triggersInHour: 1 });
  assert.equal(Date.parse(cooldownEnds ?? ''), endMs);
  clock.pass(59_000);
  assert.equal(hold.progress().cooldownEnds, null);
});

test('while a trigger waits no other is taken, unless more may wait', () => {
  assert.equal(make({ times: -1 }).hold.reason(1), 'a trigger was waiting');
  assert.equal(make({ times: -1 }, 2).hold.reason(1), undefined);
});
