import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCaller } from '../../../src/host/caller.ts';
import type { Given } from '../../../src/options/values.ts';
import type { AnyAction, AnyMonitor, Asking } from '../../../src/plugin.ts';
import { prepareRig } from '../../../src/rig/request/prepare.ts';
import { fakeAction, fakeMonitor } from '../../support/fake-plugins.ts';
import { plain } from '../../support/plain.ts';
import { rulesWith } from '../../support/sightings.ts';

const options = { message: { kind: 'text', hint: 'TEXT', gives: 'event', summary: 'text' } } as const;

interface Parts {
  monitor?: Partial<AnyMonitor>;
  action?: Partial<AnyAction>;
  /** What is given for the monitor, and for every rig. */
  given?: Given;
  life?: Given;
}

/** Prepares a rig of one monitor and one action. */
async function prepare({ monitor, action, given = { message: ['x'] }, life = {} }: Parts = {}) {
  const remarks: string[] = [];
  const plugins = { monitors: [fakeMonitor({ options, ...monitor })], actions: [fakeAction('act', action)] };
  const request = {
    commandLine: ['fake', '--act'],
    monitors: [{ name: 'fake', given }],
    actions: [{ name: 'act', given: { act: true } }],
    given: life,
  };
  const prepared = await prepareRig(request, plugins, (text) => remarks.push(text));
  return { ...prepared, remarks };
}

test('the spec is plain data: what is watched, what is done, and how the rig lives', async () => {
  const { spec } = await prepare({ life: { name: ['web'] } });
  const { created, owner, tty, ...rest } = plain(spec);
  assert.ok(Math.abs(Date.parse(created) - Date.now()) < 60_000);
  const { user, tty: terminal } = readCaller();
  assert.deepEqual([owner, tty], [user, terminal]);
  assert.deepEqual(rest, {
    id: 'web',
    commandLine: ['fake', '--act'],
    monitors: [
      {
        name: 'fake',
        plan: { message: 'x', count: 1 },
        watch: 'a fake',
        condition: '"x"',
        gives: [],
        when: rulesWith(),
      },
    ],
    actions: [{ name: 'act', plan: { act: true }, timeoutMs: 60_000 }],
    delayMs: 0,
    repeat: { times: 0, delayMs: 1000 },
    restart: { times: 0 },
    output: { folder: '/var/tmp', archive: true, compression: 'gzip' },
    nice: true,
    trustPath: false,
    debug: false,
  });
});

test('a rig without a name gets five random letters', async () => {
  assert.match((await prepare()).spec.id, /^[a-z]{5}$/);
});

test('the options of every rig decide how it lives', async () => {
  const { spec } = await prepare({
    life: {
      delay: ['2s'],
      restart: ['5'],
      cooldown: ['10m'],
      'max-per-hour': ['3'],
      keep: ['2'],
      'max-total': ['1G'],
      expires: ['1d'],
      'trigger-on-expiry': true,
      'action-timeout': ['30s'],
      'min-free': ['10%'],
      archive: false,
      nice: false,
      debug: true,
      notify: ["cat 'a b'"],
    },
  });
  assert.deepEqual(
    [spec.delayMs, spec.restart, spec.expiry, spec.nice, spec.debug, spec.actions[0]?.timeoutMs],
    [
      2000,
      { times: 5, cooldownMs: 600_000, maxPerHour: 3 },
      { afterMs: 86_400_000, triggers: true },
      false,
      true,
      30_000,
    ],
  );
  const output = { archive: false, compression: 'gzip', minFree: { percent: 10 }, keep: 2, mostBytes: 2 ** 30 };
  assert.deepEqual(plain(spec.output), { folder: '/var/tmp', ...output });
  assert.match(spec.notify?.program ?? '', /^\/.*cat$/);
  assert.deepEqual(spec.notify?.args, ['a b']);
});

test('the condition is in the rules and in words', async () => {
  const { spec } = await prepare({ given: { message: ['x'], count: ['3'], within: ['90s'] } });
  const [monitor] = spec.monitors;
  assert.deepEqual(plain(monitor?.when), rulesWith({ count: 3, withinMs: 90_000 }));
  assert.equal(monitor?.condition, '"x", 3 times within 90s');
});

test('an action is told what the monitors give, a monitor that there is nothing', async () => {
  const told: string[][] = [];
  const plan = (values: unknown, { gives }: Asking) => {
    told.push([...gives]);
    return values;
  };
  const describe = () => ({ watch: '', condition: '', gives: ['process', 'processes'] as const });
  const { spec } = await prepare({ monitor: { plan, describe }, action: { plan } });
  assert.deepEqual(told, [[], ['process', 'processes']]);
  assert.deepEqual(spec.monitors[0]?.gives, ['process', 'processes']);
});

test('an absence is no process: nothing is given then', async () => {
  const describe = () => ({ watch: '', condition: '', gives: ['process'] as const });
  const { spec } = await prepare({ monitor: { describe }, given: { message: ['x'], absent: ['1m'] } });
  assert.deepEqual(spec.monitors[0]?.gives, []);
});

test('a plugin plans with the programs that it requires, whether the rig is attached, and remarks', async () => {
  const asked: unknown[] = [];
  const { remarks } = await prepare({
    action: {
      requires: [{ kind: 'program', anyOf: ['no-such', 'sh'], package: { debian: 'sh', redhat: 'sh', suse: 'sh' } }],
      plan: (_, ask) => {
        asked.push(ask.program('sh'), ask.program('no-such'), ask.isAttached);
        ask.remark('look here');
        return {};
      },
    },
    life: { foreground: true, 'min-free': ['0'] },
  });
  assert.match(String(asked[0]), /^\/.*\/sh$/);
  assert.deepEqual(asked.slice(1), [undefined, true]);
  assert.deepEqual(remarks, ['look here']);
});

test('what a plugin requires is checked before it plans', async () => {
  const requires = [{ kind: 'file', path: '/no/such/file', for: 'it is needed' }] as const;
  const action = { requires, plan: () => assert.fail('planned') };
  await assert.rejects(prepare({ action }), { name: 'RigError', message: /^--act: \/no\/such\/file is not/ });
  const monitor = { requires, plan: () => assert.fail('planned') };
  await assert.rejects(prepare({ monitor }), { name: 'RigError', message: /^fake: \/no\/such\/file is not/ });
});

for (const [what, parts, says] of [
  ['a condition that needs an option of every rig', { given: { message: ['x'], distinct: ['1'] } }, /--distinct goes/],
  ['a cooldown of a rig that does not restart', { life: { cooldown: ['1m'] } }, /--cooldown goes with --restart/],
  ['a name that is no file name', { life: { name: ['a/b'] } }, /--name: letters, digits/],
  ['a name with a meaning of its own', { life: { name: ['all'] } }, /--name: "all" has a meaning/],
  ['the repetition of what cannot be repeated', { life: { repeat: ['2'] } }, /--repeat: --act cannot be repeated/],
  [
    'a notification that needs a shell',
    { life: { notify: ['echo $HOME'] } },
    /--notify: .* means something to a shell/,
  ],
] as [string, Parts, RegExp][])
  test(`${what} is refused`, async () => {
    await assert.rejects(prepare(parts), { name: 'UsageError', message: says });
  });

test('options go together across the tables of a rig', async () => {
  const { spec } = await prepare({ given: { message: ['x'], distinct: ['1'] }, life: { restart: ['-1'] } });
  assert.equal(spec.monitors[0]?.when.distinct, 1);
  const repeated = await prepare({ action: { isRepeatable: true }, life: { repeat: ['2'], 'repeat-delay': ['5s'] } });
  assert.deepEqual(repeated.spec.repeat, { times: 2, delayMs: 5000 });
});

test('a notification that is no program is refused', async () => {
  await assert.rejects(prepare({ life: { notify: ['no-such-program'] } }), {
    name: 'RigError',
    message: '--notify: "no-such-program" is no program on this host',
  });
});

test('a rig for whose result the disk has no room is refused, with both figures', async () => {
  const action = { estimate: async () => ({ leaves: 'a core', bytes: 2 ** 60 }) };
  await assert.rejects(prepare({ action, life: { 'min-free': ['1K'] } }), {
    name: 'RigError',
    message:
      /^the disk has too little room now to collect everything: less than 1\.0 KiB would be left free .*now .*, about .* are needed/,
  });
});

test('that the disk is full is a remark where nothing is known of the size of the result', async () => {
  const { remarks } = await prepare({ life: { 'min-free': ['100%'] } });
  assert.match(remarks.join(), /^the disk has too little room now to collect everything: less than/);
});

test('the look back is made only when it is asked for, with the plan', async () => {
  const looked: unknown[] = [];
  const lookBack = async (plan: { message: string }, ask: Asking): Promise<void> => {
    looked.push(plan.message);
    ask.remark('matched 3 times');
  };
  const { lookBack: look, remarks } = await prepare({ monitor: { lookBack }, life: { 'min-free': ['0'] } });
  assert.deepEqual([looked, remarks], [[], []]);
  await look();
  assert.deepEqual([looked, remarks], [['x'], ['matched 3 times']]);
});

test('a request may have several monitors', async () => {
  const [one, two] = ['one', 'two'].map((name) => fakeMonitor({ name, options })) as [AnyMonitor, AnyMonitor];
  const request = {
    commandLine: [],
    monitors: [
      { name: 'two', given: { message: ['a'] } },
      { name: 'one', given: { message: ['b'], count: ['2'] } },
    ],
    actions: [],
    given: {},
  };
  const { spec } = await prepareRig(request, { monitors: [one, two], actions: [] }, () => {});
  assert.deepEqual(
    spec.monitors.map(({ name, when }) => [name, when.count]),
    [
      ['two', 1],
      ['one', 2],
    ],
  );
});
