import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Option, OptionTable } from '../../../src/options/table.ts';
import { toValues } from '../../../src/options/values.ts';
import type { AnyMonitor } from '../../../src/plugin.ts';
import { conditionOptions, describeCondition, toRules } from '../../../src/rig/condition/options.ts';
import type { ConditionRules } from '../../../src/rig/records/spec.ts';
import { fakeMonitor } from '../../support/fake-plugins.ts';
import { plain } from '../../support/plain.ts';
import { rulesWith } from '../../support/sightings.ts';

const event = { kind: 'text', hint: 'TEXT', gives: 'event', summary: 'text' } as const satisfies Option;
const level = { kind: 'size', hint: 'SIZE', gives: 'level', summary: 'size' } as const satisfies Option;

const monitorWith = (options: OptionTable, more: Partial<AnyMonitor> = {}) => fakeMonitor({ options, ...more });

const events = ['absent', 'count', 'distinct', 'within'];
for (const [what, monitor, names] of [
  ['neither events nor levels', monitorWith({ unit: { kind: 'text', hint: 'UNIT', summary: 'unit' } }), []],
  ['events', monitorWith({ exits: event }), events],
  ['events of two texts', monitorWith({ message: event }, { hasSecondSlot: true }), [...events, 'then', 'unless']],
  ['levels', monitorWith({ rss: level }), ['cycles', 'for']],
  ['events and levels', monitorWith({ exits: event, rss: level }), [...events, 'cycles', 'for']],
] as const)
  test(`a monitor whose options give ${what} takes the conditions: ${names.join(' ')}`, () => {
    assert.deepEqual(Object.keys(conditionOptions(monitor)).sort(), [...names].sort());
  });

test('a shared condition goes with an option that it is about', () => {
  const table = conditionOptions(monitorWith({ exits: event, rss: level, state: level }));
  for (const [given, others, says] of [
    [{ count: ['3'] }, { rss: ['1G'] }, '--count goes with --exits, which is not given'],
    [{ for: ['10s'] }, { exits: ['x'] }, '--for goes with --rss or --state, which is not given'],
  ] as [Record<string, string[]>, Record<string, string[]>, string][])
    assert.throws(() => toValues(table, given, others), { name: 'UsageError', message: says });
  assert.equal(toValues(table, { count: ['3'] }, { exits: ['x'] }).count, 3);
});

const table = conditionOptions(monitorWith({ message: event }, { hasSecondSlot: true }));
const message = { message: ['x'] };

/** Keys are given in pairs: an object literal with `then` in it looks like a promise to the linter. */
const given = (...pairs: [name: string, value: string][]): Record<string, string[]> =>
  Object.fromEntries(pairs.map(([name, value]) => [name, [value]]));

for (const [pairs, says] of [
  [given(['within', '1s']), /--within goes with --count or --then or --unless, which is not given/],
  [given(['within', '1s'], ['absent', '1s']), /--within goes with --count or --then or --unless/],
  [given(['absent', '1s'], ['count', '2']), /--count and --absent exclude each other/],
  [given(['absent', '1s'], ['unless', 'y'], ['within', '1s']), /--unless and --absent exclude each other/],
  [given(['then', 'y'], ['within', '1s'], ['count', '2']), /--then and --count exclude each other/],
  [given(['then', 'y'], ['unless', 'z'], ['within', '1s']), /--then and --unless exclude each other/],
  [given(['then', 'y']), /--then goes with --within, which is not given/],
  [given(['unless', 'y']), /--unless goes with --within, which is not given/],
  [given(['distinct', '1']), /--distinct goes with --restart, which is not given/],
  [
    given(['distinct', '1'], ['unless', 'y'], ['within', '1s'], ['restart', '1']),
    /--unless and --distinct exclude each other/,
  ],
] as const)
  test(`${Object.entries(pairs).flat(2).join(' ')}: an error of one line`, () => {
    assert.throws(() => toValues(table, pairs, { ...message, ...pairs }), { name: 'UsageError', message: says });
  });

/** What a condition is in the rules, and in words, of a monitor that waits for `"x"` and, where there is one, `"y"`. */
const conditions: [given: Record<string, string[]>, rules: Partial<ConditionRules>, words: string][] = [
  [{}, {}, '"x"'],
  [given(['count', '3']), { count: 3 }, '"x", 3 times'],
  [given(['count', '3'], ['within', '90s']), { count: 3, withinMs: 90_000 }, '"x", 3 times within 90s'],
  [given(['absent', '1m']), { absentMs: 60_000 }, 'no "x" for 1m'],
  [given(['distinct', '1'], ['restart', '5']), { distinct: 1 }, '"x", each kind once'],
  [
    given(['distinct', '2'], ['count', '4'], ['restart', '5']),
    { distinct: 2, count: 4 },
    '"x", 4 times, each kind 2 times',
  ],
  [given(['then', 'y'], ['within', '250ms']), { sequence: 'then', withinMs: 250 }, '"x" followed by "y" within 250ms'],
  [
    given(['unless', 'y'], ['within', '1h']),
    { sequence: 'unless', withinMs: 3_600_000 },
    '"x" not followed by "y" within 1h',
  ],
];

for (const [typed, rules, words] of conditions)
  test(`the condition in words: ${words}`, () => {
    const made = toRules(toValues(table, typed, { ...message, ...typed }));
    assert.deepEqual(plain(made), rulesWith(rules));
    assert.equal(describeCondition(made, { condition: '"x"', second: '"y"' }), words);
  });

test('a level in words: how long, and at how many looks', () => {
  const levels = conditionOptions(monitorWith({ rss: level }));
  const made = toRules(toValues(levels, given(['for', '10s'], ['cycles', '3']), given(['rss', '1G'])));
  assert.deepEqual(plain(made), rulesWith({ forMs: 10_000, cycles: 3 }));
  assert.equal(describeCondition(made, { condition: 'rss > 1G' }), 'rss > 1G for 10s, at 3 looks in a row');
});
