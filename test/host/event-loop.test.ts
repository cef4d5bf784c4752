import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLoopWatch, holding } from '../../src/host/event-loop.ts';
import { waitFor } from '../support/wait.ts';

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

test('a report names what held up the event loop, and the CPU that it used', () => {
  const { told, look } = watch();
  holding('reading /var/log/app.log', () => hang(longMs));
  look.look();
  assert.match(
    told.join(),
    /^the event loop stood still for .*: reading \/var\/log\/app\.log took .*; it used 0\.0 s of CPU$/,
  );
});

test('work without a name is reported as busy', async () => {
  // Again where the machine was too busy: a spin without a processor is a process that did not run.
  await waitFor('a spin that is reported as busy', () => {
    const { told, look } = watch();
    spin(longMs);
    look.look();
    return told.join().includes(': it was busy; ');
  });
});

test('a process that did not run is reported as such', () => {
  const { told, look } = watch();
  hang(longMs);
  look.look();
  assert.match(told.join(), /: this process did not run: it was stopped, or waited for a disk; /);
});

test('an event loop that turns is not reported, and a standstill is reported once', async () => {
  /** How long it took, in milliseconds. */
  const timed = (work: () => void): number => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  };
  // Again where the machine itself held up this process.
  await waitFor('no other standstill', () => {
    const told: string[] = [];
    let look: EventLoopWatch | undefined;
    const firstMs = timed(() => {
      look = new EventLoopWatch(everyMs, (text) => told.push(text));
      look.look();
    });
    const ofTurning = told.length;
    hang(longMs);
    const lastMs = timed(() => {
      look?.look();
      look?.look();
    });
    if (Math.max(firstMs, lastMs) > everyMs) return false;
    assert.equal(ofTurning, 0);
    assert.equal(told.length, 1);
    return true;
  });
});
