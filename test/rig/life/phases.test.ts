/** In which order a rig calls its actions, with plugins of the test's own. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AnyAction, MonitorContext, Plugins, Trigger } from '../../../src/plugin.ts';
import { Collection } from '../../../src/rig/collect/collection.ts';
import type { MetBy } from '../../../src/rig/condition/together.ts';
import { Armed } from '../../../src/rig/life/armed.ts';
import { Ending } from '../../../src/rig/life/ending.ts';
import { type TakenTrigger, Triggers } from '../../../src/rig/life/triggers.ts';
import type { RigLog } from '../../../src/rig/log/log.ts';
import { fakeAction, fakeMonitor } from '../../support/fake-plugins.ts';
import { newFolder } from '../../support/folder.ts';
import { rulesWith } from '../../support/sightings.ts';
import { specWith } from '../../support/spec.ts';

/** A rig with one monitor that the test drives and the actions that it gives. `calls` has what was called, in order. */
function make(t: TestContext, actions: AnyAction[], calls: string[], { monitorFails = false } = {}) {
  const folder = newFolder(t);
  let monitor: MonitorContext | undefined;
  const watch = async (_: unknown, rig: MonitorContext) => {
    calls.push('monitor armed');
    if (monitorFails) throw new Error('the monitor cannot be armed');
    monitor = rig;
    return { stop: async () => void calls.push('monitor stopped'), status: () => [] };
  };
  const plugins: Plugins = { monitors: [fakeMonitor({ watch })], actions };
  const log: RigLog & { told: string[] } = {
    told: [],
    debug: () => {},
    info: () => {},
    warn: (text) => log.told.push(text),
    error: (text) => log.told.push(text),
    bug: (error) => log.told.push(String(error)),
    lines: () => [],
  };
  const spec = specWith({
    monitors: [{ name: 'fake', plan: {}, watch: '', condition: '', gives: [], when: rulesWith() }],
    actions: actions.map(({ name }) => ({ name, plan: {}, timeoutMs: 10_000 })),
    output: { folder, archive: true, compression: 'gzip', minFree: { bytes: 0 } },
  });
  mkdirSync(join(folder, `rig.${spec.id}`));
  const ending = new Ending();
  const taken: TakenTrigger[] = [];
  const armed: Armed = new Armed({
    ...{ spec, plugins, log, ending },
    onMet: (by: MetBy) => triggers.offer(by),
    onExhausted: () => {},
    remark: () => {},
  });
  const triggers = new Triggers(spec, armed.clock, log, (each) => {
    taken.push(each);
    armed.atOnce(each.trigger);
  });
  const see = (): void => {
    monitor?.saw({ subject: 'x', text: 'y', atMs: 0 });
    calls.push('seen');
  };
  const collect = () => new Collection(taken.at(-1) as TakenTrigger, { spec, log, armed, ending }).run();
  return { armed, ending, see, collect, log };
}

const recording = (name: string, calls: string[], tailMs = 0): AnyAction => ({
  ...fakeAction(name),
  arm: async () => {
    calls.push(`${name} armed`);
    return {
      tailMs,
      collect: async () => {
        calls.push(`${name} hands over`);
        return {};
      },
      stop: async () => void calls.push(`${name} stopped`),
      status: () => [{ source: name }],
    };
  },
});

test('background actions are armed before the monitors, and stopped with them', async (t) => {
  const calls: string[] = [];
  const { armed } = make(t, [recording('ring', calls)], calls);
  await armed.arm();
  assert.deepEqual(calls, ['ring armed', 'monitor armed']);
  assert.ok(armed.status().some(({ source }) => source === 'ring'));
  await armed.stop();
  assert.deepEqual(calls.slice(2).sort(), ['monitor stopped', 'ring stopped']);
});

test('an action that acts at once does so in the very turn of the trigger, before any other', async (t) => {
  const calls: string[] = [];
  const actions = [
    fakeAction('first', { run: async () => ({ ran: calls.push('first runs') }) }),
    fakeAction('freeze', { atOnce: (_: unknown, { text }: Trigger) => void calls.push(`freeze at ${text}`) }),
  ];
  const { armed, see, collect } = make(t, actions, calls);
  await armed.arm();
  see();
  assert.deepEqual(calls, ['monitor armed', 'freeze at y', 'seen']);
  await collect();
  assert.equal(calls[3], 'first runs');
  await armed.stop();
});

test('actions run one after the other in the order of the table; one that fails keeps none from running', async (t) => {
  const calls: string[] = [];
  const failing = async (): Promise<never> => {
    calls.push('one');
    throw new Error('broken');
  };
  const actions = [
    fakeAction('one', { run: failing }),
    fakeAction('two', { run: async () => ({ ran: calls.push('two') }) }),
  ];
  const { armed, see, collect, log } = make(t, actions, calls);
  await armed.arm();
  see();
  await collect();
  assert.deepEqual(calls.slice(2), ['one', 'two']);
  assert.match(log.told.join('\n'), /one: failed after \d+ ms: broken/);
  await armed.stop();
});

test('a background action hands over beside those that run', async (t) => {
  const calls: string[] = [];
  const handedOver = Promise.withResolvers<void>();
  const ring = recording('ring', calls);
  const slow = fakeAction('slow', { run: async () => ({ waited: String(await handedOver.promise) }) });
  const arm: AnyAction['arm'] = async (plan, rig) => {
    const background = await ring.arm?.(plan, rig);
    assert.ok(background);
    const collect: typeof background.collect = async (context) => {
      handedOver.resolve();
      return await background.collect(context);
    };
    return { ...background, collect };
  };
  const { armed, see, collect } = make(t, [slow, { ...ring, arm }], calls);
  await armed.arm();
  see();
  await collect();
  assert.ok(calls.includes('ring hands over'));
  await armed.stop();
});

test('what comes after the record runs in order, and one that fails keeps none from running', async (t) => {
  const calls: string[] = [];
  const fails = async (): Promise<never> => {
    throw new Error('broken');
  };
  const actions = [
    fakeAction('one', { afterRecord: fails }),
    fakeAction('two', { afterRecord: async () => void calls.push('two, last of all') }),
  ];
  const { armed, log } = make(t, actions, calls);
  await armed.arm();
  await armed.afterRecord(new AbortController().signal);
  assert.equal(calls.at(-1), 'two, last of all');
  assert.deepEqual(log.told, ['one: broken']);
  await armed.stop();
});

test('when a monitor cannot be armed, what was armed before is stopped', async (t) => {
  const calls: string[] = [];
  const { armed } = make(t, [recording('ring', calls)], calls, { monitorFails: true });
  await assert.rejects(armed.arm(), /the monitor cannot be armed/);
  await armed.stop();
  assert.deepEqual(calls, ['ring armed', 'monitor armed', 'ring stopped']);
});

test('a look of a plugin that throws is a gap, and the next one comes', async (t) => {
  const calls: string[] = [];
  const { armed } = make(t, [], calls);
  await armed.arm();
  const looked = Promise.withResolvers<void>();
  let looks = 0;
  const stop = armed.clock.every(5, () => {
    if (++looks > 2) looked.resolve();
    throw new Error('a broken sampler');
  });
  await looked.promise;
  stop();
  assert.deepEqual(
    armed.gaps.map(({ cause }) => cause),
    ['a broken sampler'],
  );
  await armed.stop();
});
