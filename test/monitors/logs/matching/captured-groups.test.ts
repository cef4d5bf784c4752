import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGroups } from '../../../../src/monitors/logs/matching/captured-groups.ts';

for (const [text, line] of [
  ['(\\w+) (\\d+)', 'disk 17'],
  ['(a)|(b)', 'b'],
  ['(a|b){2,3}c', 'abac'],
  ['(?:(a)|(b)){20}', 'ab'.repeat(10)],
  ['((\\d{1,3})\\.){3}(\\d{1,3})', '10.20.30.40'],
  ['(x){0,3}(y)', 'y'],
  ['(x){0}(y)', 'xy'],
  ['(x){2,}?(y)', 'xxxy'],
  ['(.{1,40})(.{2})', 'ab漢字'],
] as const)
  test(`${text} captures from ${line} what it captures in JavaScript`, () => {
    const found = new RegExp(text).exec(line)?.slice(1) ?? [];
    const groups = Object.fromEntries(found.map((value, index) => [index + 1, value ?? null]));
    assert.deepEqual(compileGroups({ text, mode: 'expression', ignoreCase: false })(line), { groups });
  });

test('named groups are given by name, too, and text without groups gives none', () => {
  const options = { mode: 'either', ignoreCase: false } as const;
  assert.deepEqual(compileGroups({ text: 'on (?<disk>sd[a-z])', ...options })('on sdb'), {
    groups: { 1: 'sdb', disk: 'sdb' },
  });
  assert.deepEqual(compileGroups({ text: 'on sd.', ...options })('on sdb'), {});
});
