import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sighting } from '../../../src/plugin.ts';
import { Condition } from '../../../src/rig/condition/condition.ts';
import { mostKinds } from '../../../src/rig/condition/distinct.ts';
import type { Met, OnMet } from '../../../src/rig/condition/met.ts';
import { SlidingWindow } from '../../../src/rig/condition/sliding-window.ts';
import type { ConditionRules } from '../../../src/rig/records/spec.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { rulesWith, sighting } from '../../support/sightings.ts';

/** A condition with a clock that stands still, and what has met it. `isHeld`: no trigger is taken. */
function make(rules: Partial<ConditionRules>, { lateMs = 0, isHeld = false } = {}) {
  const met: Met[] = [];
  const clock = new DrivenClock();
  const onMet: OnMet = (read) => {
    met.push(read());
    return !isHeld;
  };
  const condition = new Condition(rulesWith(rules), clock, onMet, () => lateMs);
  return { condition, clock, met, texts: () => met.map(({ text }) => text) };
}

/** From `text@ms` or `text@ms@subject`. `A` is of the first slot, `B` of the second, and a number says how often. */
function parseSighting(written: string): Sighting {
  const [text = '', atMs, subject = 'journal'] = written.split('@');
  const slot = text.includes('B') ? (text.includes('A') ? 'both' : 'second') : 'first';
  return sighting(text, { atMs: Number(atMs), subject, slot, times: Number(/\d+/.exec(text)?.[0] ?? 1) });
}

function play(rules: Partial<ConditionRules>, written: string[]): Met[] {
  const { condition, met } = make(rules);
  for (const each of written) condition.saw(parseSighting(each));
  return met;
}

const within = { count: 3, withinMs: 1000 };
const followed = { sequence: 'then', withinMs: 1000 } as const;
const rows: Array<[what: string, rules: Partial<ConditionRules>, sightings: string[], triggers: boolean]> = [
  ['the third of three', { count: 3 }, ['A@0', 'A@9000', 'A@99000'], true],
  ['two of three', { count: 3 }, ['A@0', 'A@1'], false],
  ['one that was repeated three times', { count: 3 }, ['A3@0'], true],
  ['three within the time', within, ['A@0', 'A@500', 'A@1000'], true],
  ['three in more than the time', within, ['A@0', 'A@500', 'A@1001'], false],
  [
    'three within the time after many that were not',
    within,
    ['A@0', 'A@900', 'A@1800', 'A@2700', 'A@2750', 'A@2800'],
    true,
  ],
  ['three that happened far apart and are read together', within, ['A@0', 'A@60000', 'A@120000'], false],
  ['three within the time, one of them read late', within, ['A@0', 'A@900', 'A@5000', 'A@5001', 'A@450@/file'], true],
  ['one that was repeated three times, within the time', within, ['A3@0'], true],
  ['what follows in time', followed, ['A@0', 'B@1000'], true],
  ['what follows too late', followed, ['A@0', 'B@1001'], false],
  ['what comes before', followed, ['B@0', 'A@1'], false],
  ['what is read before, of another subject, and happened after', followed, ['B@10@/file', 'A@1'], true],
  ['what comes before, of another subject', followed, ['B@10@/file', 'A@11'], false],
  ['what follows the second of two', followed, ['A@0', 'A@900', 'B@1500'], true],
  ['one that is both', followed, ['AB@0'], false],
  ['two that are both', followed, ['AB@0', 'AB@1'], true],
];

for (const [what, rules, sightings, triggers] of rows)
  test(`${what}: ${triggers ? 'triggers' : 'does not trigger'}`, () =>
    assert.equal(play(rules, sightings).length > 0, triggers));

test('the sighting that makes the count full is the trigger, and then counting begins anew', () => {
  const { condition, met, texts } = make({ count: 2 });
  for (let number = 0; number < 7; number++) condition.saw(sighting(`boom ${number}`));
  assert.deepEqual(texts(), ['boom 1', 'boom 3', 'boom 5']);
  assert.deepEqual(new Set(met.map(({ matches }) => matches)), new Set([2]));
  condition.saw(sighting('boom 7'));
  assert.deepEqual(texts().at(-1), 'boom 7', 'with the match that was left over');
});

const flood = (text: string, subject: string): string[] =>
  Array.from({ length: 2000 }, (_, number) => `${text}@${number}@${subject}`);

test('what follows in the journal is found after a flood in a file that was read meanwhile', () => {
  const [met] = play(followed, [...flood('A', '/file'), 'B@900']);
  assert.equal(met?.text, 'B');
});

test('what was overtaken by a flood in a file is found to be followed', () => {
  const [met] = play(followed, [...flood('B', '/file'), 'A@10']);
  assert.equal(met?.earlier?.text, 'A');
});

test('a trigger by what follows has the sighting that it follows', () => {
  const [met] = play(followed, ['A first@0', 'B second@10']);
  assert.equal(met?.text, 'B second');
  assert.equal(met?.earlier?.text, 'A first');
  assert.equal(met?.because, 'followed within 1s');
});

test('a trigger by what follows has the facts of both, and where they differ those of the second', () => {
  const { condition, met } = make(followed);
  condition.saw(sighting('A', { atMs: 0, facts: { groups: { 1: 'sdb' }, position: 7 } }));
  condition.saw(sighting('B', { atMs: 10, slot: 'second', facts: { position: 9 } }));
  assert.deepEqual(met[0]?.facts, { groups: { 1: 'sdb' }, position: 9 });
});

const unless = { sequence: 'unless', withinMs: 100 } as const;

test('--unless: what is not followed triggers when its time is over', () => {
  const { condition, clock, met } = make(unless);
  condition.saw(parseSighting('A@0'));
  clock.pass(99);
  assert.equal(met.length, 0);
  clock.pass(1);
  assert.deepEqual([met[0]?.text, met[0]?.because], ['A', 'not followed within 100ms']);
  clock.pass(10_000);
  assert.equal(met.length, 1);
});

test('--unless: what is followed in time does not trigger, what is followed too late does', () => {
  const { condition, clock, texts } = make(unless, { lateMs: 50 });
  condition.saw(parseSighting('A in time@0'));
  condition.saw(parseSighting('B@100'));
  condition.saw(parseSighting('A too late@200'));
  condition.saw(parseSighting('B@301'));
  clock.pass(10_000);
  assert.deepEqual(texts(), ['A too late']);
});

test('--unless: each of several that are not followed has its own turn', () => {
  const { condition, clock, texts } = make(unless);
  condition.saw(parseSighting('A one@0'));
  condition.saw(parseSighting('A two@60'));
  clock.pass(120);
  assert.deepEqual(texts(), ['A one']);
  clock.pass(40);
  assert.deepEqual(texts(), ['A one', 'A two']);
});

test('--unless: what was followed in another subject is not taken for one that was not, whatever came there since', () => {
  const { condition, clock, texts } = make(unless, { lateMs: 200 });
  condition.saw(parseSighting('B@50@/file'));
  condition.saw(parseSighting('B@250@/file'));
  condition.saw(parseSighting('A followed@0'));
  condition.saw(parseSighting('A alone@300'));
  clock.pass(10_000);
  assert.deepEqual(texts(), ['A alone']);
});

test('--absent triggers when nothing came for that long, and again after as long', () => {
  const { condition, clock, met } = make({ absentMs: 1000 });
  clock.pass(5000);
  assert.equal(met.length, 0, 'nothing is awaited before everything is positioned');
  condition.start();
  clock.pass(900);
  condition.saw(sighting('beat', { atMs: clock.nowMs() }));
  clock.pass(999);
  assert.equal(met.length, 0);
  clock.pass(1);
  assert.match(met[0]?.because ?? '', /^no match for 1s, the last one at \d{4}-\S+$/);
  assert.deepEqual([met[0]?.subject, met[0]?.text], ['all sources', 'beat']);
  clock.pass(1000);
  assert.equal(met.length, 2);
});

test('--absent without any match says so', () => {
  const { condition, clock, met } = make({ absentMs: 1000 });
  condition.start();
  clock.pass(1000);
  assert.deepEqual([met[0]?.because, met[0]?.text], ['no match for 1s, none before', '']);
});

test('--absent waits for what may be read late, and counts from when it happened', () => {
  const { condition, clock, met } = make({ absentMs: 1000 }, { lateMs: 500 });
  condition.start();
  clock.pass(1400);
  condition.saw(sighting('read late', { atMs: 950 }));
  clock.pass(1049);
  assert.equal(met.length, 0);
  clock.pass(1);
  assert.equal(met.length, 1);
});

test('--absent does not trigger after a standstill before what came meanwhile is read', () => {
  const { condition, clock, met } = make({ absentMs: 1000 }, { lateMs: 500 });
  condition.start();
  clock.standStill(60_000);
  clock.pass(100);
  condition.saw(sighting('came meanwhile', { atMs: 59_900 }));
  clock.pass(1000);
  assert.equal(met.length, 0);
  clock.pass(1000);
  assert.equal(met.length, 1);
});

for (const [what, rules] of [
  ['--absent', { absentMs: 100 }],
  ['--unless', unless],
] as const)
  test(`${what}: a condition that was stopped triggers no more`, () => {
    const { condition, clock, met } = make(rules);
    condition.start();
    condition.saw(parseSighting('A@0'));
    condition.stop();
    clock.pass(10_000);
    assert.equal(met.length, 0);
  });

test('--distinct: each kind triggers once, whatever numbers, addresses and ids its texts have', () => {
  const { condition, met } = make({ distinct: 1 });
  const kinds = [
    (n: number) => `error: no answer from 10.0.${n % 256}.1:${n}`,
    (n: number) => `error: request ${n.toString(16).padStart(8, '0')} failed`,
    (n: number) => `error: session ab${n}cd${n}ef ended, status ${n % 600}`,
    (n: number) => `error at 0x${(n * 7919).toString(16)} in worker`,
    (n: number) => `error: volume 0b6f${String(n % 10_000).padStart(4, '0')}-1111-2222-3333-444455556666 is full`,
    () => 'error without a number',
  ];
  for (let n = 0; n < 100_000; n++) condition.saw(sighting(kinds[n % kinds.length]?.(n) ?? ''));
  assert.equal(met.length, kinds.length, met.map(({ facts }) => facts?.kind).join('\n'));
  assert.deepEqual(condition.status().passedOver, { 'its kind is captured': 100_000 - kinds.length });
});

test('--distinct tells kinds by what the monitor calls the kind, where it does', () => {
  const { condition, texts } = make({ distinct: 1 });
  for (const [text, kind] of [
    ['10:00 host a', 'a'],
    ['10:01 other a', 'a'],
    ['10:02 host b', 'b'],
  ] as const)
    condition.saw(sighting(text, { kind }));
  assert.deepEqual(texts(), ['10:00 host a', '10:02 host b']);
});

test('--distinct N with --count: each kind is counted by itself, and triggers N times', () => {
  const { condition, texts } = make({ distinct: 2, count: 2 });
  for (const text of ['a', 'b', 'a', 'a', 'a', 'a', 'a', 'b']) condition.saw(sighting(text));
  assert.deepEqual(texts(), ['a', 'a', 'b']);
});

test('--distinct: a kind whose trigger was held back is not captured', () => {
  const { condition, met } = make({ distinct: 1 }, { isHeld: true });
  condition.saw(sighting('a'));
  condition.saw(sighting('a'));
  assert.equal(met.length, 2);
});

test('--distinct: there is an end to the kinds that are told apart, and what is beyond is counted', () => {
  const { condition, met } = make({ distinct: 1 });
  const letters = (n: number): string => n.toString().replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '');
  for (let n = 0; n < mostKinds + 200; n++) condition.saw(sighting(`boom ${letters(n)}`));
  assert.equal(met.length, mostKinds);
  assert.deepEqual(condition.status().passedOver, { 'of too many kinds': 200 });
});

test('the status has the matches, and what was passed over by its reason with the last text that came with one', () => {
  const { condition } = make({ count: 9 });
  condition.saw(sighting('boom', { times: 3 }));
  condition.passOver('echo of a rig', `sudo: ${'x'.repeat(500)}`);
  condition.passOver('cooldown');
  condition.passOver('cooldown');
  const { source, matches, passedOver, lastPassedOver } = condition.status();
  assert.deepEqual([source, matches, passedOver], ['condition', 3, { 'echo of a rig': 1, cooldown: 2 }]);
  assert.match(String(lastPassedOver), /^echo of a rig: sudo: x{194}$/);
});

test('a sliding window keeps no more than it needs', () => {
  const window = new SlidingWindow(100, 50);
  let isFull = false;
  for (let number = 0; number < 500_000; number++) isFull ||= window.add(number, 1);
  assert.equal(isFull, false);
  for (let number = 0; number < 98; number++) isFull ||= window.add(500_000, 1);
  assert.equal(isFull, true);
});

test('three that happened within the time while the rig was stopped are found, though a file was read before them', () => {
  const window = new SlidingWindow(3, 1000);
  const isFull = [600_000, 1, 2, 3].map((atMs) => window.add(atMs, 1));
  assert.deepEqual(isFull, [false, false, false, true]);
});

test('one sighting that counts a million times is no harm', () => {
  const window = new SlidingWindow(1_000_001, 1000);
  assert.equal(window.add(0, 1_000_000), false);
  assert.equal(window.add(1000, 1_000_000), true);
});

test('a timer that rings a little late does not put off an absence for ever', () => {
  const { condition, clock, met } = make({ absentMs: 100.5 });
  condition.start();
  clock.pass(200);
  assert.equal(met.length, 1);
});
