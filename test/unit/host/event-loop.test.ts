import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLoopWatch, holding } from '../../../src/host/event-loop.ts';

/** Longer than twice the interval that the tests use. */
const longMs = 500;
const everyMs = 200;

function watch() {
  const told: string[] = [];
  return { told, look: new EventLoopWatch(everyMs, (text) => told.push(text)) };
}

const until = (at: number): boolean => performance.now() >= at;

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (!until(end));
}

/** Sleeps as a read from a sick disk does: without CPU, and without letting the event loop turn. */
const hang = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('what held the event loop up is named, and whether it used the CPU', () => {
  const { told, look } = watch();
  holding('reading /var/log/app.log', () => hang(longMs));
  look.look();
  assert.match(
    told.join(),
    /^the event loop stood still for .*: reading \/var\/log\/app\.log took .*; it used 0\.0 s of CPU$/,
  );
});

test('work that nobody has named is told by its CPU', () => {
  const { told, look } = watch();
  spin(longMs);
  look.look();
  assert.match(told.join(), /: it was busy; /);
});

test('a process that did not run says so', () => {
  const { told, look } = watch();
  hang(longMs);
  look.look();
  assert.match(told.join(), /: this process did not run: it was stopped, or waited for a disk; /);
});

test('an event loop that turns is nothing to tell, and what was told is not told again', () => {
  const { told, look } = watch();
  look.look();
  assert.deepEqual(told, []);
  hang(longMs);
  look.look();
  look.look();
  assert.equal(told.length, 1);
});
