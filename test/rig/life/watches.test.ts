import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnyMonitor, MonitorContext, Watch } from '../../../src/plugin.ts';
import type { MetBy } from '../../../src/rig/condition/together.ts';
import { Triggers } from '../../../src/rig/life/triggers.ts';
import { Watches } from '../../../src/rig/life/watches.ts';
import type { ConditionRules, RestartRules, RigSpec } from '../../../src/rig/records/spec.ts';
import { triggerWith } from '../../support/contexts.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { fakeMonitor } from '../../support/fake-plugins.ts';
import { newFolder } from '../../support/folder.ts';
import { rulesWith, sighting } from '../../support/sightings.ts';
import { specWith } from '../../support/spec.ts';

/** A monitor that says what a test makes it say. */
class Puppet {
  rig: MonitorContext | undefined;
  stops = 0;
  readonly plugin: AnyMonitor;

  constructor(name: string, watch: Partial<Watch> = {}) {
    this.plugin = fakeMonitor({
      name,
      watch: async (_, rig) => {
        this.rig = rig;
        return { stop: async () => void this.stops++, status: () => [{ source: name }], ...watch };
      },
    });
  }

  saw(text: string, atMs = 0): void {
    this.rig?.saw(sighting(text, { atMs }));
  }
}

interface Options {
  when?: Partial<ConditionRules>;
  restart?: RestartRules;
  allWithinMs?: number;
}

/** The watches of a rig whose triggers are held back as those of any rig are. */
function make(puppets: Puppet[], { when, restart = { times: -1 }, allWithinMs }: Options = {}) {
  const clock = new DrivenClock();
  const over = new AbortController();
  const exhausted: string[] = [];
  const taken: string[] = [];
  const monitors: RigSpec['monitors'] = puppets.map(({ plugin: { name } }) => ({
    ...{ name, plan: {}, watch: '', condition: '', gives: [] },
    when: rulesWith(when),
  }));
  const spec = specWith({ monitors, restart, ...(allWithinMs === undefined ? {} : { allWithinMs }) });
  const triggers = new Triggers(spec, clock, { info: () => {} }, ({ trigger }) => {
    taken.push(`${trigger.monitor}: ${trigger.text}`);
    if (triggers.isOver) over.abort();
  });
  const watches = new Watches(spec, {
    clock,
    signal: over.signal,
    onMet: (by: MetBy) => triggers.offer(by),
    onExhausted: (reason) => exhausted.push(reason),
    gap: (cause) => assert.fail(cause),
    remark: () => {},
    debug: () => {},
  });
  const arm = () =>
    watches.arm(
      monitors,
      puppets.map(({ plugin }) => plugin),
    );
  const passedOver = () =>
    watches.status().flatMap(({ source, passedOver }) => (source === 'condition' ? [passedOver] : []));
  return { watches, arm, taken, exhausted, clock, passedOver };
}

test('what any of the monitors sees makes a trigger, and after the last one nothing counts', async () => {
  const [logs, other] = [new Puppet('logs'), new Puppet('other')];
  const { arm, taken } = make([logs, other], { restart: { times: 1, cooldownMs: 0 } });
  await arm();
  other.saw('a');
  logs.saw('b');
  other.saw('c');
  assert.deepEqual(taken, ['other: a', 'logs: b']);
});

test('all of several conditions within a time make one trigger', async () => {
  const [logs, other] = [new Puppet('logs'), new Puppet('other')];
  const { arm, taken } = make([logs, other], { allWithinMs: 1000 });
  await arm();
  logs.saw('a', 0);
  logs.saw('b', 5000);
  assert.deepEqual(taken, []);
  other.saw('c', 5500);
  assert.deepEqual(taken, ['other: c']);
});

test('what is met while the rig holds back is passed over, and counted by the reason at its monitor', async () => {
  const [logs, other] = [new Puppet('logs'), new Puppet('other')];
  const { arm, taken, passedOver, clock } = make([logs, other], { restart: { times: -1, cooldownMs: 1000 } });
  await arm();
  for (const text of ['a', 'b', 'c']) other.saw(text);
  assert.deepEqual([taken, passedOver()], [['other: a'], [{}, { cooldown: 2 }]]);
  clock.pass(1000);
  other.saw('d');
  assert.deepEqual(taken, ['other: a', 'other: d']);
});

test('what is found not to be followed while the rig holds back is passed over, and counted by the reason', async () => {
  const logs = new Puppet('logs');
  const when = { sequence: 'unless', withinMs: 50 } as const;
  const { arm, taken, passedOver, clock } = make([logs], { when, restart: { times: -1, cooldownMs: 1000 } });
  await arm();
  logs.saw('a', 0);
  logs.saw('b', 100);
  clock.pass(500);
  assert.deepEqual([taken, passedOver()], [['logs: a'], [{ cooldown: 1 }]]);
});

test('an absence is awaited only when every monitor is positioned', async () => {
  const slow = Promise.withResolvers<void>();
  const [logs, other] = [new Puppet('logs'), new Puppet('other')];
  const { watch } = other.plugin;
  other.plugin.watch = async (plan, rig) => {
    await slow.promise;
    return await watch(plan, rig);
  };
  const { arm, taken, clock } = make([logs, other], { when: { absentMs: 1000 } });
  const arming = arm();
  clock.pass(5000);
  assert.deepEqual(taken, []);
  slow.resolve();
  await arming;
  clock.pass(1000);
  assert.equal(taken[0], 'logs: ');
});

test('an absence waits for what the monitor may still see late', async () => {
  const { arm, taken, clock } = make([new Puppet('logs', { lateMs: () => 500 })], { when: { absentMs: 1000 } });
  await arm();
  clock.pass(1499);
  assert.deepEqual(taken, []);
  clock.pass(1);
  assert.equal(taken.length, 1);
});

test('a monitor that cannot be armed leaves none of the others running', async () => {
  const [logs, broken] = [new Puppet('logs'), new Puppet('broken')];
  broken.plugin.watch = () => Promise.reject(new Error('no such thing'));
  const { arm } = make([logs, broken]);
  await assert.rejects(arm(), /no such thing/);
  assert.equal(logs.stops, 1);
});

test('only when no monitor can see anything more the rig has nothing to wait for', async () => {
  const [logs, other] = [new Puppet('logs'), new Puppet('other')];
  const { arm, exhausted } = make([logs, other]);
  await arm();
  logs.rig?.exhausted('stdin has ended');
  assert.deepEqual(exhausted, []);
  other.rig?.exhausted('so has this');
  assert.deepEqual(exhausted, ['so has this']);
});

test('the status has what each monitor says, and its condition', async () => {
  const { arm, watches } = make([new Puppet('logs'), new Puppet('other')]);
  await arm();
  assert.deepEqual(
    watches.status().map(({ source }) => source),
    ['logs', 'condition', 'other', 'condition'],
  );
});

/** A monitor that saves its context into one file. */
const saving = (name: string) =>
  new Puppet(name, {
    saveContext: async (dir) => {
      assert.ok(existsSync(dir));
      writeFileSync(join(dir, `${name}.log`), '');
      return async () => writeFileSync(join(dir, `${name}.after`), '');
    },
  });

test('the context of one monitor is in the folder itself, that of several in a folder of each', async (t) => {
  for (const [names, expected] of [
    [['logs'], ['logs.after', 'logs.log']],
    [
      ['logs', 'other'],
      ['1', '1/logs.after', '1/logs.log', '2', '2/other.after', '2/other.log'],
    ],
  ] as const) {
    const dir = newFolder(t);
    const { arm, watches } = make(names.map((name) => saving(name)));
    await arm();
    const complete = await watches.saveContext(dir, triggerWith());
    await complete();
    assert.deepEqual(readdirSync(dir, { recursive: true }).sort(), expected);
  }
});

test('a rig that is stopped twice stops each monitor once', async () => {
  const logs = new Puppet('logs');
  const { arm, watches } = make([logs]);
  await arm();
  await Promise.all([watches.stop(), watches.stop()]);
  assert.equal(logs.stops, 1);
});
