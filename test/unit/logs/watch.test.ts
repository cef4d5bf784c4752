import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { armLogs } from '../../../src/monitors/logs/watch.ts';
import type { TriggerFacts } from '../../../src/plugin.ts';
import { waitFor } from '../../support/wait.ts';
import { newFolder } from './following.ts';

/** Arms a rig's watch on files. */
async function arm(t: TestContext, files: string[], count = 1) {
  const fired: TriggerFacts[] = [];
  const plan = { message: { text: 'boom', mode: 'either', ignoreCase: false }, count, files } as const;
  const watch = await armLogs(plan, {
    fire: (facts) => fired.push(facts),
    fail: (error) => assert.fail(error),
    remark: () => {},
    debug: () => {},
  });
  t.after(() => watch.stop());
  return { watch, fired };
}

test('it fires once, on the line that makes the count full', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'boom 0\n');
  const { fired } = await arm(t, [file], 3);
  appendFileSync(file, 'boom 1\nboom 2\nother\nboom 3\nboom 4\n');
  await waitFor('the trigger', () => fired.length > 0);
  assert.equal(fired.length, 1);
  assert.equal(fired[0]?.line, 'boom 3');
  assert.equal(fired[0]?.matches, 3);
  assert.deepEqual({ ...fired[0]?.position, inode: '' }, { file, inode: '', offset: 27 });
});

test('an echo of the command line does not fire, and the status counts it', async (t) => {
  const file = join(newFolder(t), 'auth.log');
  writeFileSync(file, '');
  const { watch, fired } = await arm(t, [file]);
  appendFileSync(file, 'sudo: ann : COMMAND=/tmp/rig logs --message boom --sosreport\n');
  await waitFor('the line to be examined', () => watch.status()[0]?.lines === 1);
  assert.equal(watch.status()[0]?.passedOver, 1);
  const condition = watch.status().at(-1);
  assert.deepEqual(condition?.passedOver, { 'echo of a rig': 1 });
  assert.match(String(condition?.lastEcho), /^sudo: ann/);
  assert.equal(fired.length, 0);
});

test('the context has the last 200 lines with the triggering one marked, and those of the other files', async (t) => {
  const folder = newFolder(t);
  const [app, other] = [join(folder, 'app.log'), join(folder, 'other')];
  writeFileSync(app, Array.from({ length: 500 }, (_, number) => `line ${number}\n`).join(''));
  writeFileSync(other, 'only line\n');
  const { watch, fired } = await arm(t, [app, other]);
  appendFileSync(app, 'boom\nafter\n');
  await waitFor('the trigger', () => fired.length > 0);
  await watch.stop();
  const dir = newFolder(t);
  const facts = fired[0] as TriggerFacts;
  await watch.saveContext?.(dir, { ...facts, time: facts.loggedAt, monitor: 'logs' });
  const texts = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
  const lines = texts.find((text) => text.includes('boom'))?.split('\n') ?? [];
  assert.equal(lines[0], 'line 301');
  assert.deepEqual(lines.slice(-4), ['line 499', '--- the next line triggered the rig ---', 'boom', '']);
  assert.ok(texts.includes('only line\n'));
});
