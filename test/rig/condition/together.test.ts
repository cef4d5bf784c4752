import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MetBy, Together } from '../../../src/rig/condition/together.ts';

const metBy = (monitor: string, atMs: number): MetBy => ({
  monitor,
  read: () => ({ subject: monitor, text: `${monitor} at ${atMs}`, atMs, matches: 1 }),
});

test('any: whichever monitor is met is the trigger', () => {
  const together = new Together(2, undefined);
  const [first, second] = [metBy('logs', 0), metBy('process', 1)];
  assert.equal(together.add(0, first), first);
  assert.equal(together.add(1, second), second);
});

test('a single monitor waits for no other', () => {
  const only = metBy('logs', 0);
  assert.equal(new Together(1, 1000).add(0, only), only);
});

test('all: the last one that is met within the time is the trigger, and the first one came earlier', () => {
  const together = new Together(3, 1000);
  assert.equal(together.add(0, metBy('logs', 0)), undefined);
  assert.equal(together.add(1, metBy('process', 400)), undefined);
  const all = together.add(2, metBy('timer', 1000));
  const met = all?.read();
  assert.deepEqual(
    [all?.monitor, met?.text, met?.because, met?.earlier?.text],
    ['timer', 'timer at 1000', 'all 3 conditions within 1s', 'logs at 0'],
  );
});

test('all: a monitor that is met twice does not stand for another one', () => {
  const together = new Together(2, 1000);
  assert.equal(together.add(0, metBy('logs', 0)), undefined);
  assert.equal(together.add(0, metBy('logs', 1)), undefined);
});

test('all: further apart than the time is not together, but the last time of each counts', () => {
  const together = new Together(2, 1000);
  assert.equal(together.add(0, metBy('logs', 0)), undefined);
  assert.equal(together.add(1, metBy('process', 1001)), undefined);
  assert.equal(together.add(0, metBy('logs', 2000))?.monitor, 'logs');
});

test('all: one that is heard of late counts by the time at which it was met', () => {
  const together = new Together(2, 1000);
  assert.equal(together.add(0, metBy('logs', 5000)), undefined);
  const all = together.add(1, metBy('journal', 4500));
  assert.equal(all?.read().text, 'journal at 4500');
});

test('all: after a trigger every one must be met anew', () => {
  const together = new Together(2, 1000);
  together.add(0, metBy('logs', 0));
  assert.ok(together.add(1, metBy('process', 1)));
  assert.equal(together.add(0, metBy('logs', 2)), undefined);
  assert.ok(together.add(1, metBy('process', 3)));
});
