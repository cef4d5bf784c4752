import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Met } from '../../../src/rig/condition/met.ts';
import type { MetBy } from '../../../src/rig/condition/together.ts';
import { type TakenTrigger, Triggers } from '../../../src/rig/life/triggers.ts';
import type { RestartRules, RigSpec } from '../../../src/rig/records/spec.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { plain } from '../../support/plain.ts';
import { specWith } from '../../support/spec.ts';

function make(restart: RestartRules, monitors: RigSpec['monitors'] = []) {
  const clock = new DrivenClock();
  const taken: TakenTrigger[] = [];
  const logged: string[] = [];
  const log = { info: (text: string) => void logged.push(text) };
  const triggers = new Triggers(specWith({ restart, monitors }), clock, log, (each) => taken.push(each));
  return { triggers, clock, taken, logged };
}

const met = (text: string, more: Partial<Met> = {}): MetBy => ({
  monitor: 'logs',
  read: () => ({ subject: 'journal', text, atMs: 0, matches: 1, ...more }),
});

const textOf = (taken: TakenTrigger | undefined): string | undefined => taken?.trigger.text;

test('a trigger is taken once, in the very turn, with what was met', async () => {
  const { triggers, clock, taken } = make({ times: 0 });
  clock.pass(5000);
  assert.equal(triggers.offer(met('boom', { matches: 3, because: 'why', facts: { line: 7 } })), undefined);
  assert.equal(taken.length, 1);
  const { time, ...trigger } = (await triggers.next())?.trigger ?? {};
  assert.equal(Date.parse(time ?? ''), clock.dateMs());
  assert.deepEqual(plain(trigger), {
    monitor: 'logs',
    subject: 'journal',
    text: 'boom',
    matches: 3,
    because: 'why',
    facts: { line: 7 },
  });
  assert.ok(triggers.isOver);
  assert.equal(await triggers.next(), undefined);
});

test('what came earlier has the time at which it happened', async () => {
  const { triggers, clock, taken } = make({ times: 0 });
  const [startMs, earlier] = [clock.dateMs(), met('first', { atMs: 2000 }).read()];
  clock.pass(9000);
  triggers.offer(met('second', { atMs: 8000, earlier }));
  const told = taken[0]?.trigger.earlier;
  assert.deepEqual([told?.subject, told?.text], ['journal', 'first']);
  assert.equal(Date.parse(told?.time ?? ''), startMs + 2000);
});

test('a rig without a trigger waits for one', async () => {
  const { triggers } = make({ times: 0 });
  const next = triggers.next();
  triggers.offer(met('boom'));
  assert.equal(textOf(await next), 'boom');
});

test('while one is worked on one may wait, and further ones are held back', async () => {
  const { triggers, taken } = make({ times: -1 });
  assert.equal(triggers.offer(met('a')), undefined);
  assert.equal(textOf(await triggers.next()), 'a');
  assert.equal(triggers.offer(met('b')), undefined);
  assert.equal(triggers.offer(met('c')), 'a trigger was waiting');
  assert.equal(triggers.waiting, 1);
  assert.equal(textOf(await triggers.next()), 'b');
  assert.equal(triggers.offer(met('d')), undefined);
  assert.deepEqual(
    taken.map(({ number, trigger }) => `${number} ${trigger.text}`),
    ['1 a', '2 b', '3 d'],
  );
});

test('the first of those that wait counts as worked on before its work begins', () => {
  const { triggers } = make({ times: -1 });
  assert.equal(triggers.offer(met('a')), undefined);
  assert.equal(triggers.offer(met('b')), undefined);
  assert.equal(triggers.offer(met('c')), 'a trigger was waiting');
});

test('with --distinct the triggers of many kinds may wait', async () => {
  const when = { count: 1, forMs: 0, cycles: 1, distinct: 1 };
  const { triggers } = make({ times: -1 }, [{ name: 'logs', plan: {}, watch: '', condition: '', gives: [], when }]);
  for (let number = 0; number < 100; number++) assert.equal(triggers.offer(met(`kind ${number}`)), undefined);
  assert.equal(triggers.waiting, 100);
});

test('a cooldown holds a condition back until it is over, and never a user', () => {
  const { triggers, clock, taken } = make({ times: -1, cooldownMs: 1000 });
  triggers.offer(met('a'));
  assert.equal(triggers.offer(met('b')), 'cooldown');
  triggers.takeNow('rig trigger', 'a user asked for it');
  const { monitor, subject, text, matches, because } = taken[1]?.trigger ?? {};
  assert.deepEqual([monitor, subject, text, matches, because], ['rig', 'rig trigger', '', 0, 'a user asked for it']);
  clock.pass(999);
  assert.equal(triggers.offer(met('c')), 'cooldown');
});

test('the log says until when a limit holds triggers back, and how many it held', async () => {
  const { triggers, clock, logged } = make({ times: -1, maxPerHour: 1 });
  triggers.offer(met('boom'));
  await triggers.next();
  clock.pass(1000);
  for (let times = 0; times < 3; times++) triggers.offer(met('boom'));
  assert.equal(logged.length, 1, 'not a line for each');
  const [, until = ''] =
    /^a trigger is passed over \(limit for an hour reached until (\S+)\): journal$/.exec(logged[0] ?? '') ?? [];
  assert.equal(Date.parse(until), clock.dateMs() + 3_599_000);
  clock.pass(3_599_000);
  triggers.offer(met('boom'));
  assert.equal(logged[1], 'triggers passed over since the last one: 3');
});

test('what a cooldown held back is not taken later, and the next one is', () => {
  const { triggers, clock, taken } = make({ times: -1, cooldownMs: 1000 });
  for (const text of ['a', 'b']) triggers.offer(met(text));
  clock.pass(1000);
  triggers.offer(met('c'));
  assert.deepEqual(taken.map(textOf), ['a', 'c']);
});

test('those that wait are dropped, but the first where none is worked on', async () => {
  const { triggers } = make({ times: -1 });
  for (const text of ['a', 'b']) triggers.offer(met(text));
  assert.equal(triggers.drop(), 1);
  assert.equal(textOf(await triggers.next()), 'a');
  triggers.offer(met('c'));
  assert.equal(triggers.drop(), 1);
  assert.equal(triggers.waiting, 0);
});

test('a rig that ends takes no further trigger, and those that wait are still worked on', async () => {
  const { triggers } = make({ times: -1 });
  for (const text of ['a', 'b']) triggers.offer(met(text));
  triggers.end();
  assert.ok(triggers.isOver);
  assert.deepEqual([textOf(await triggers.next()), textOf(await triggers.next())], ['a', 'b']);
  assert.equal(await triggers.next(), undefined);
});

test('a rig that waits for a trigger is told that it ends', async () => {
  const { triggers } = make({ times: -1 });
  const next = triggers.next();
  triggers.end();
  assert.equal(await next, undefined);
});

test('of a burst, what makes no trigger is read once, for the log', () => {
  const { triggers } = make({ times: -1, cooldownMs: 5000 });
  let readings = 0;
  const counted: MetBy = {
    monitor: 'logs',
    read: () => {
      readings++;
      return met('boom').read();
    },
  };
  triggers.offer(met('first'));
  for (let number = 0; number < 100; number++) assert.equal(triggers.offer(counted), 'cooldown');
  assert.equal(readings, 1);
});
