import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Given } from '../../../src/options/values.ts';
import { requestOf } from '../../../src/rig/request/request.ts';
import { fakeAction, fakeMonitor } from '../../support/fake-plugins.ts';

const logs = fakeMonitor({
  name: 'logs',
  options: { message: { kind: 'text', hint: 'TEXT', gives: 'event', summary: 'text' } },
});
const dump = fakeAction('dump', {
  options: {
    dump: { kind: 'list', hint: 'PID', summary: 'dump' },
    'dump-all': { kind: 'flag', summary: 'all' },
  },
});
const plugins = { monitors: [logs], actions: [dump, fakeAction('noop')] };

const make = (given: Given) => requestOf(logs, given, ['logs', '...'], plugins);

test('each part of the request gets what was given for its own options, the monitor also the conditions', () => {
  const given = { noop: true, name: ['x'], count: ['3'], message: ['boom'], 'dump-all': true, dump: ['7'] };
  assert.deepEqual(make(given), {
    commandLine: ['logs', '...'],
    monitors: [{ name: 'logs', given: { count: ['3'], message: ['boom'] } }],
    actions: [
      { name: 'dump', given: { 'dump-all': true, dump: ['7'] } },
      { name: 'noop', given: { noop: true } },
    ],
    given: { name: ['x'] },
  });
});

test('actions are in the order of their table, and one that is not chosen is left out', () => {
  const chosen = (given: Given) => make(given).actions.map(({ name }) => name);
  assert.deepEqual(chosen({ noop: true, dump: ['7'] }), ['dump', 'noop']);
  assert.deepEqual(chosen({ noop: true }), ['noop']);
});

test('an option of an action that is not chosen is refused', () => {
  assert.throws(() => make({ noop: true, 'dump-all': true }), {
    name: 'UsageError',
    message: '--dump-all goes with --dump, which is not given',
  });
});

test('a rig without an action is refused, with all there are', () => {
  assert.throws(() => make({ message: ['boom'] }), {
    name: 'UsageError',
    message: 'no action given: this rig would do nothing when it triggers; choose from --dump, --noop',
  });
});
