import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instancesOf, isUnitName, matchUnit } from '../../../../../src/monitors/logs/journal/selection/unit-name.ts';

const watched: Array<[typed: string, unit: string, isWatched: boolean]> = [
  ['app@', 'app@1.service', true],
  ['app@', 'app@10.0.0.1.service', true],
  ['app@', 'app@user@host.service', true],
  ['app@.service', 'app@1.service', true],
  ['app@.socket', 'app@1.socket', true],
  ['app@', 'app.service', false],
  ['app@', 'app@1.socket', false],
  ['app@', 'myapp@1.service', false],
  ['app@1', 'app@1.service', true],
  ['app@1', 'app@12.service', false],
  ['app', 'app@1.service', false],
];
for (const [typed, unit, isWatched] of watched)
  test(`${unit} is ${isWatched ? '' : 'not '}watched for ${typed}`, () => {
    assert.equal(matchUnit(instancesOf(typed))(unit), isWatched);
  });

test('a template without a name is no unit', () => {
  assert.deepEqual(['@foo', 'app@', 'app@1', 'app-*', 'a b', ''].map(isUnitName), [
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
});
