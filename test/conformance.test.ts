/** What every monitor and every action promises, told from their tables alone. The rest is in conformance.system.test.ts. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../build/paths.ts';
import { actions } from '../src/actions/index.ts';
import { monitors } from '../src/monitors/index.ts';
import type { Option, OptionTable } from '../src/options/table.ts';
import { type Given, toValues } from '../src/options/values.ts';
import { conditionOptions } from '../src/rig/condition/options.ts';
import { rigOptions } from '../src/rig/request/options.ts';
import { actionsTable, monitorTable } from '../src/rig/request/request.ts';

const plugins = [
  ...monitors.map((plugin) => ({ plugin, folder: 'monitors' })),
  ...actions.map((plugin) => ({ plugin, folder: 'actions' })),
];

for (const { plugin, folder } of plugins) {
  const { name, options, summary } = plugin;
  const table = Object.entries<Option>(options);

  test(`${name} has a page in docs/`, () => {
    assert.ok(existsSync(join(root, 'docs', folder, `${name}.md`)), `write docs/${folder}/${name}.md`);
  });

  test(`the lines of help of ${name} fit a terminal, and every value has a name`, () => {
    assert.ok(summary.length <= 72, summary);
    for (const [option, { summary: line, kind, ...rest }] of table) {
      assert.ok(line.length <= 72, `--${option}: ${line}`);
      assert.ok(!/^[a-z]/.test(line) || kind === 'choice' || kind === 'choices', `--${option}: ${line}`);
      assert.ok(kind === 'flag' || ('hint' in rest && rest.hint !== ''), `--${option} names its value`);
    }
  });

  test(`what ${name} requires names a package for every family of distributions`, () => {
    for (const requirement of plugin.requires ?? [])
      if (requirement.kind === 'program')
        assert.ok(
          Object.values(requirement.package).every((each) => each !== ''),
          requirement.anyOf.join(),
        );
  });
}

test('each monitor has a condition of its own: an event or a level', () => {
  for (const monitor of monitors) assert.notDeepEqual(conditionOptions(monitor), {}, monitor.name);
});

test('each action does something', () => {
  for (const { arm, atOnce, run, afterRecord, name } of actions)
    assert.ok(arm ?? atOnce ?? run ?? afterRecord, `${name} has none of arm, atOnce, run and afterRecord`);
});

/** A value that an option takes. */
function sampleOf(option: Option): string[] | boolean {
  switch (option.kind) {
    case 'flag':
      return option.default !== true;
    case 'choice':
    case 'choices':
      return [option.choices[0] ?? ''];
    case 'text':
    case 'texts':
    case 'list':
      return ['sample'];
    default:
      return ['1'];
  }
}

/** What gives an option as it is spelled in a relation: `no-files` for `--no-files`. */
function give(spelling: string, table: OptionTable): Given {
  const option = table[spelling];
  if (option) return { [spelling]: sampleOf(option) };
  const name = spelling.replace(/^no-/, '');
  assert.ok(table[name], `${spelling} is no option`);
  return { [name]: false };
}

/** The options that must be there whatever else is given. */
const required = (table: OptionTable): Given =>
  Object.assign(
    {},
    ...Object.entries(table).map(([name, { requiredUnless }]) => (requiredUnless ? give(name, table) : {})),
  );

for (const monitor of monitors) {
  const table: OptionTable = { ...monitorTable(monitor), ...actionsTable(actions), ...rigOptions };
  for (const [name, { needs = [], excludes = [], requiredUnless }] of Object.entries(table)) {
    const values = (given: Given) => toValues(table, given);
    const own = { ...required(table), ...give(name, table) };

    if (needs.length > 0)
      test(`${monitor.name}: --${name} is refused without ${needs.join(' or ')}`, () => {
        const bare = Object.fromEntries(Object.entries(own).filter(([given]) => !needs.includes(given)));
        assert.throws(() => values(bare), {
          name: 'UsageError',
          message: /goes with|is needed/,
        });
      });

    for (const excluded of excludes.filter((each) => table[each.replace(/^no-/, '')] || table[each]))
      test(`${monitor.name}: --${name} and --${excluded} exclude each other`, () => {
        const both = {
          ...own,
          ...Object.assign({}, ...needs.slice(0, 1).map((need) => give(need, table))),
          ...give(excluded, table),
        };
        assert.throws(() => values(both), {
          name: 'UsageError',
          message: /--\S+ (and --\S+ exclude each other|goes with)/,
        });
      });

    if (requiredUnless)
      test(`${monitor.name}: --${name} must be given, or one of ${requiredUnless.join(', ') || 'none'}`, () => {
        assert.throws(() => values({}), { name: 'UsageError', message: /is needed/ });
      });
  }
}
