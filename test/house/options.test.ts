/** What holds for the option tables of rig and of every plugin. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actions } from '../../src/actions/index.ts';
import { optionsOf } from '../../src/commands/command.ts';
import { monitorCommands, otherCommands } from '../../src/commands/index.ts';
import { monitors } from '../../src/monitors/index.ts';
import { isNegatable, type Option, type OptionTable } from '../../src/options/table.ts';
import type { AnyMonitor } from '../../src/plugin.ts';
import { conditionOptions } from '../../src/rig/condition/options.ts';
import { rigOptions } from '../../src/rig/request/options.ts';
import { fakeMonitor } from '../support/fake-plugins.ts';

const commands = [...monitorCommands({ monitors, actions }), ...otherCommands({ monitors, actions })];

test('every option can be shown and typed: its name is plain, its value is named, its summary fits a line', () => {
  for (const [name, option] of commands.flatMap((command) => Object.entries<Option>(optionsOf(command)))) {
    assert.match(name, /^(?!no-)[a-z][a-z-]*$/, 'lower case, and --no-NAME is what the parser makes of NAME');
    assert.ok(option.kind === 'flag' || option.hint, `--${name} names its value`);
    assert.ok(option.summary.length <= 72, `--${name}: its summary fits a line`);
  }
});

test('no letter stands for two options of a command', () => {
  for (const command of commands) {
    const letters = Object.values(optionsOf(command)).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(letters).size, letters.length, `${command.name}: a letter stands twice`);
  }
});

test('a spelling that is read as another one, or that people try, is no option, and what is named instead is one', () => {
  for (const command of commands) {
    const table = optionsOf(command);
    const options = Object.values(table);
    const real = [...Object.keys(table), ...options.flatMap(({ short }) => short ?? [])];
    const tried = options.flatMap((option) => Object.entries(option.tried ?? {}));
    const spellings = [...options.flatMap(({ alias }) => alias ?? []), ...tried.map(([spelling]) => spelling)];
    for (const spelling of spellings) assert.ok(!real.includes(spelling), `${command.name}: ${spelling} is an option`);
    assert.equal(new Set(spellings).size, spellings.length, `${command.name}: a spelling stands twice`);
    for (const [, instead] of tried)
      for (const [, named = ''] of instead.matchAll(/(?<=^| )--?([\w-]+)/g))
        assert.ok(real.includes(named), `${command.name}: ${instead}`);
  }
});

/** All conditions that rig shares with monitors. */
const shared = conditionOptions(
  fakeMonitor({
    options: {
      event: { kind: 'flag', gives: 'event', summary: 'event' },
      level: { kind: 'flag', gives: 'level', summary: 'level' },
    },
    hasSecondSlot: true,
  }),
);

/** Every table of a rig with this monitor. */
const scopesWith = (monitor: AnyMonitor): [scope: string, table: OptionTable][] => [
  ['every rig', rigOptions],
  ['shared conditions', shared],
  [monitor.name, monitor.options],
  ...actions.map(({ name, options }): [string, OptionTable] => [name, options]),
];

for (const monitor of monitors)
  test(`no option of a rig with the monitor ${monitor.name} has the name of another one`, () => {
    const owners = new Map<string, string>();
    for (const [scope, table] of scopesWith(monitor))
      for (const name of Object.keys(table)) {
        assert.equal(owners.get(name), undefined, `--${name} of ${scope}: the name is taken`);
        owners.set(name, scope);
      }
  });

test('what an option needs, excludes or stands for is an option of the same command', () => {
  for (const command of commands) {
    const options = Object.entries<Option>(optionsOf(command));
    const spellings = options.flatMap(([name, option]) => (isNegatable(option) ? [name, `no-${name}`] : [name]));
    for (const [name, { needs = [], excludes = [], requiredUnless = [] }] of options)
      for (const other of [...needs, ...excludes, ...requiredUnless])
        assert.ok(spellings.includes(other), `--${name} of ${command.name} names --${other}, which does not exist`);
  }
});

test('every action is chosen by an option of its own name, and its other options begin with that', () => {
  for (const { name, options } of actions) {
    assert.ok(name in options, `--${name} chooses the action`);
    const strangers = Object.keys(options).filter((option) => option !== name && !option.startsWith(`${name}-`));
    assert.deepEqual(strangers, [], `options of ${name}`);
  }
});

test('no name is used for two plugins or commands', () => {
  const names = [...commands, ...actions].map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, names.join(' '));
});
