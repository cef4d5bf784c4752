import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nowMs } from '../../../../src/host/clock.ts';
import { makeCondition } from '../../../../src/monitors/logs/condition/condition.ts';
import { SlidingWindow } from '../../../../src/monitors/logs/condition/sliding-window.ts';
import type { LogsPlan } from '../../../../src/monitors/logs/plan.ts';
import type { TriggerFacts } from '../../../../src/plugin.ts';
import { waitFor } from '../../../support/wait.ts';

const message = { text: 'A', mode: 'plain', ignoreCase: false } as const;
const other = { ...message, text: 'B' };

/** Takes lines, each `text@ms` or `text@ms@source`; gives what fired. */
function play(plan: Partial<LogsPlan>, lines: string[]): TriggerFacts[] {
  const fired: TriggerFacts[] = [];
  const condition = makeCondition(
    { message, count: 1, files: [], ...plan },
    (facts) => fired.push(facts),
    () => 1500,
  );
  for (const each of lines) {
    const [text = '', atMs, source = 'journal'] = each.split('@');
    const match = { source, line: Buffer.from(text), position: { cursor: each }, atMs: 0 };
    condition.take({
      match,
      times: Number(/\d+/.exec(text)?.[0] ?? 1),
      atMs: Number(atMs),
      isFirst: text.includes('A'),
      isSecond: text.includes('B'),
    });
  }
  condition.stop();
  return fired;
}

const within = { count: 3, withinMs: 1000 };
const followed = { next: other, withinMs: 1000 };
const rows: Array<[what: string, plan: Partial<LogsPlan>, lines: string[], fires: boolean]> = [
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
  ['three that were logged apart and are read in one go', within, ['A@0', 'A@60000', 'A@120000'], false],
  ['three within the time, one of them read late', within, ['A@0', 'A@900', 'A@5000', 'A@5001', 'A@450@/file'], true],
  ['one that was repeated three times, within the time', within, ['A3@0'], true],
  ['what follows in time', followed, ['A@0', 'B@1000'], true],
  ['what follows too late', followed, ['A@0', 'B@1001'], false],
  ['what comes before', followed, ['B@0', 'A@1'], false],
  ['what comes before in another source but was logged behind', followed, ['B@10@/file', 'A@1'], true],
  ['what comes before in another source', followed, ['B@10@/file', 'A@11'], false],
  ['what follows the second of two', followed, ['A@0', 'A@900', 'B@1500'], true],
  ['one line that is both', followed, ['AB@0'], false],
  ['two lines that are both', followed, ['AB@0', 'AB@1'], true],
];

for (const [what, plan, lines, fires] of rows)
  test(`${what}: ${fires ? 'triggers' : 'does not trigger'}`, () => assert.equal(play(plan, lines).length > 0, fires));

const flood = (text: string, source: string): string[] =>
  Array.from({ length: 2000 }, (_, number) => `${text}@${number}@${source}`);

test('what follows in the journal is found behind a flood in a file that was read meanwhile', () => {
  const [facts] = play(followed, [...flood('A', '/file'), 'B@900']);
  assert.equal(facts?.line, 'B');
});

test('what was overtaken by a flood in a file is found to be followed', () => {
  const [facts] = play(followed, [...flood('B', '/file'), 'A@10']);
  assert.equal(facts?.earlier?.line, 'A');
});

test('what was followed in another source is not taken for a line that was not, whatever followed there since', async () => {
  const fired: TriggerFacts[] = [];
  const plan = { message, count: 1, files: [], unless: other, withinMs: 100 };
  const condition = makeCondition(
    plan,
    (facts) => fired.push(facts),
    () => 200,
  );
  const startMs = nowMs();
  const take = (text: string, atMs: number, source: string): void => {
    const match = { source, line: Buffer.from(text), position: { cursor: '' }, atMs: 0 };
    const [isFirst, isSecond] = [text.includes('A'), text.includes('B')];
    condition.take({ match, times: 1, atMs: startMs + atMs, isFirst, isSecond });
  };
  take('B', 50, '/file');
  take('B', 250, '/file');
  take('A followed', 0, 'journal');
  take('A alone', 300, 'journal');
  await waitFor('the trigger', () => fired.length > 0);
  condition.stop();
  assert.equal(fired[0]?.line, 'A alone');
});

test('a trigger by what follows has the line that it follows', () => {
  const [facts] = play(followed, ['A first@0', 'B second@10']);
  assert.equal(facts?.line, 'B second');
  assert.equal(facts?.earlier?.line, 'A first');
});

test('a sliding window keeps no more than it needs', () => {
  const window = new SlidingWindow(100, 50);
  let isFull = false;
  for (let number = 0; number < 500_000; number++) isFull ||= window.add(number, 1);
  assert.equal(isFull, false);
  for (let number = 0; number < 98; number++) isFull ||= window.add(500_000, 1);
  assert.equal(isFull, true);
});

test('three that were logged within the time while the rig was stopped are found, though a file was read before them', () => {
  const window = new SlidingWindow(3, 1000);
  const isFull = [600_000, 1, 2, 3].map((atMs) => window.add(atMs, 1));
  assert.deepEqual(isFull, [false, false, false, true]);
});

test('one line that counts a million times is no harm', () => {
  const window = new SlidingWindow(1_000_001, 1000);
  assert.equal(window.add(0, 1_000_000), false);
  assert.equal(window.add(1000, 1_000_000), true);
});
