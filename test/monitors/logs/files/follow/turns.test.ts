/** Many files at once: everything else in the process has its turn in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns, turnMs } from '../../../../../src/monitors/logs/files/follow/turns.ts';

/** Work that takes all of a turn's time; what is done is noted. */
function slowly(done: string[]): (item: string) => void {
  return (item) => {
    for (const endMs = performance.now() + turnMs; performance.now() < endMs; );
    done.push(item);
  };
}

/** Lets the event loop turn until so much is done; what was done before each turn. */
async function turnsUntil(done: string[], count: number): Promise<string[]> {
  const seen = [done.join()];
  for (; done.length < count; seen.push(done.join())) await nextTurn();
  return seen;
}

test('what takes long is done one after the other, and the event loop turns in between', async () => {
  const done: string[] = [];
  const turns = new Turns(slowly(done));
  turns.addAll(['a', 'b', 'c']);
  assert.deepEqual(await turnsUntil(done, 3), ['a', 'a,b', 'a,b,c']);
});

test('what is added is done at the end of the turn, once, and not where it was taken back', async () => {
  const done: string[] = [];
  const turns = new Turns<string>((item) => done.push(item));
  for (const item of ['a', 'b', 'a', 'c']) turns.add(item);
  turns.delete('b');
  const seen = await turnsUntil(done, 2);
  // Where this process stood still meanwhile, a turn came to its end between the two.
  assert.deepEqual([seen[0], seen.at(-1)], ['', 'a,c']);
});

test('what has more to be done goes behind the others', async () => {
  const done: string[] = [];
  const work = slowly(done);
  const turns: Turns<string> = new Turns((item) => {
    work(item);
    if (done.length < 3) turns.add(item);
  });
  turns.addAll(['a', 'b']);
  assert.deepEqual(await turnsUntil(done, 4), ['a', 'a,b', 'a,b,a', 'a,b,a,b']);
});
