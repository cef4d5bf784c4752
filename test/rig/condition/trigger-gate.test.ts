import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TriggerGate } from '../../../src/rig/condition/trigger-gate.ts';

test('a rig that is not to restart triggers once', () => {
  const gate = new TriggerGate({ times: 0 });
  assert.equal(gate.holdReason(0, 0), undefined);
  gate.take(0);
  assert.ok(gate.isOver);
  assert.equal(gate.restartsLeft, 0);
});

test('--restart N makes N + 1 triggers', () => {
  const gate = new TriggerGate({ times: 2 });
  const left: number[] = [];
  for (let count = 0; !gate.isOver; count++) {
    left.push(gate.restartsLeft);
    gate.take(count);
  }
  assert.deepEqual(left, [2, 1, 0]);
  assert.equal(gate.triggers, 3);
});

test('--restart -1 never comes to an end', () => {
  const gate = new TriggerGate({ times: -1 });
  for (let count = 0; count < 10_000; count++) gate.take(count);
  assert.equal(gate.isOver, false);
  assert.equal(gate.restartsLeft, -1);
});

test('a cooldown begins with the trigger and ends when its time is over', () => {
  const gate = new TriggerGate({ times: -1, cooldownMs: 1000 });
  assert.equal(gate.holdReason(5000, 0), undefined, 'there was no trigger yet');
  gate.take(5000);
  assert.equal(gate.holdReason(5999, 0), 'cooldown');
  assert.equal(gate.holdReason(6000, 0), undefined);
});

test('the limit for an hour is one for every hour, not for each by the clock', () => {
  const gate = new TriggerGate({ times: -1, maxPerHour: 2 });
  gate.take(0);
  gate.take(3_000_000);
  assert.equal(gate.holdReason(3_599_999, 0), 'limit for an hour reached');
  assert.equal(gate.holdReason(3_600_000, 0), undefined);
  gate.take(3_600_000);
  assert.equal(gate.holdReason(6_599_999, 0), 'limit for an hour reached');
  assert.equal(gate.holdReason(6_600_000, 0), undefined);
});

test('what holds triggers back can be told, where anything may', () => {
  assert.deepEqual(new TriggerGate({ times: -1 }).limits(0), {});
  const gate = new TriggerGate({ times: -1, cooldownMs: 60_000, maxPerHour: 5 });
  assert.deepEqual(gate.limits(0), { cooldownEnds: null, triggersInHour: 0 });
  gate.take(0);
  const { cooldownEnds, triggersInHour } = gate.limits(1000);
  assert.equal(triggersInHour, 1);
  assert.ok(Math.abs(Date.parse(cooldownEnds ?? '') - Date.now() - 59_000) < 5000, cooldownEnds ?? 'none');
  assert.equal(gate.limits(60_000).cooldownEnds, null);
});

test('while a trigger waits no other is taken, unless more may wait', () => {
  assert.equal(new TriggerGate({ times: -1 }).holdReason(0, 1), 'a trigger was waiting');
  assert.equal(new TriggerGate({ times: -1, mayWait: 2 }).holdReason(0, 1), undefined);
});
