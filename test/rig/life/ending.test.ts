/** What ends a rig, and which of several ends counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ending } from '../../../src/rig/life/ending.ts';

const bug = new Error('a bug');
const stop = { by: 'rig stop', keep: true };

test('a rig that cannot end after a failure gives up waiting, and not before', async () => {
  const ending = new Ending();
  let hasGivenUp = false;
  const giving = ending.giveUp(1).finally(() => {
    hasGivenUp = true;
  });
  ending.request(stop, true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(hasGivenUp, false);
  ending.fail(bug);
  await assert.rejects(giving, /longer than/);
});

test('a failure ends what is being collected, and is what the record says, whoever ends the rig before or after it', () => {
  for (const isAfter of [false, true]) {
    const ending = new Ending();
    if (isAfter) ending.request(stop, true);
    ending.fail(bug);
    ending.fail(new Error('another bug'));
    if (!isAfter) ending.request(stop, true);
    assert.deepEqual(ending.end, { kind: 'failure', error: bug });
    assert.ok(ending.over.aborted && ending.ended.aborted);
  }
});

test('what was being collected is still discarded by whoever ends a rig that has failed', () => {
  const ending = new Ending();
  ending.fail(bug);
  ending.request({ by: 'rig destroy', keep: false }, true);
  assert.ok(ending.discarded.aborted && ending.hasDiscarded);
});

test('a failure before a rig is armed is what its creation says', async () => {
  const ending = new Ending();
  const rejecting = ending.rejectOnEnd();
  ending.fail(bug);
  await assert.rejects(rejecting, bug);
});
