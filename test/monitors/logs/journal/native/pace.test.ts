import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cancel, Clock } from '../../../../../src/host/clock.ts';
import { JournalPace } from '../../../../../src/monitors/logs/journal/native/pace.ts';

/** A clock that moves only when a test moves it. */
class StillClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<{ dueMs: number; everyMs: number | undefined; act: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  dateMs(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): Cancel {
    return this.#add(ms, undefined, act);
  }

  every(ms: number, look: () => void): Cancel {
    return this.#add(ms, ms, look);
  }

  /** Moves on, and calls what is due on the way. */
  move(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
      if (!next || next.dueMs > endMs) break;
      this.#nowMs = next.dueMs;
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.everyMs;
      next.act();
    }
    this.#nowMs = endMs;
  }

  #add(ms: number, everyMs: number | undefined, act: () => void): Cancel {
    const timer = { dueMs: this.#nowMs + ms, everyMs, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

function startPace(latencyMs: number) {
  const clock = new StillClock();
  let beats = 0;
  const pace = new JournalPace(clock, latencyMs, () => beats++);
  pace.hurry();
  /** How many beats come in a time. */
  const beatsWithin = (ms: number): number => {
    const before = beats;
    clock.move(ms);
    return beats - before;
  };
  return { pace, beatsWithin };
}

test('while entries come, the files are looked at every 25 ms', () => {
  const { pace, beatsWithin } = startPace(25);
  for (let second = 0; second < 5; second++) {
    pace.hurry();
    assert.equal(beatsWithin(1000), 40);
  }
});

test('when nothing comes the looks get rarer, to one a second, and the next entry makes them frequent again', () => {
  const { pace, beatsWithin } = startPace(25);
  const perSecond = Array.from({ length: 12 }, () => beatsWithin(1000));
  assert.deepEqual(
    perSecond,
    perSecond.toSorted((a, b) => b - a),
  );
  assert.deepEqual([perSecond[0], perSecond.at(-1), pace.everyMs], [40, 1, 1000]);
  pace.hurry();
  assert.equal(pace.everyMs, 25);
  assert.equal(beatsWithin(1000), 40);
});

test('a stopped pace has no beats', () => {
  const { pace, beatsWithin } = startPace(25);
  pace.stop();
  assert.equal(beatsWithin(60_000), 0);
});
