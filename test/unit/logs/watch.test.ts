import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { armLogs } from '../../../src/monitors/logs/watch.ts';
import type { TriggerFacts } from '../../../src/plugin.ts';
import { waitFor } from '../../support/wait.ts';
import { newFolder } from './following.ts';

/** Arms a rig's watch on files. */
async function arm(t: TestContext, files: string[], count = 1, text = 'boom') {
  const fired: TriggerFacts[] = [];
  const plan = { message: { text, mode: 'either', ignoreCase: false }, count, files } as const;
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

/** The texts in the context of a watch that has fired; `meanwhile` happens while the actions run. */
async function contextOf(t: TestContext, { watch, fired }: Awaited<ReturnType<typeof arm>>, meanwhile = () => {}) {
  await waitFor('the trigger', () => fired.length > 0);
  await watch.stop();
  const dir = newFolder(t);
  const facts = fired[0] as TriggerFacts;
  const complete = await watch.saveContext?.(dir, { ...facts, time: facts.loggedAt, monitor: 'logs' });
  meanwhile();
  await complete?.();
  return readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
}

test('the context has the last 200 lines with the triggering one marked, what came since, and the other files', async (t) => {
  const folder = newFolder(t);
  const [app, other] = [join(folder, 'app.log'), join(folder, 'other')];
  writeFileSync(app, Array.from({ length: 500 }, (_, number) => `line ${number}\n`).join(''));
  writeFileSync(other, 'only line\n');
  const armed = await arm(t, [app, other]);
  appendFileSync(app, 'boom\nafter\n');
  const texts = await contextOf(t, armed, () => {
    appendFileSync(app, 'later\nunfinished');
    appendFileSync(other, 'boom too late\n');
  });
  const lines = texts.find((text) => text.includes('line 499'))?.split('\n') ?? [];
  assert.equal(lines[0], 'line 301');
  const end = ['line 499', '--- the next line triggered the rig ---', 'boom', 'after', 'later', 'unfinished', ''];
  assert.deepEqual(lines.slice(-7), end);
  assert.ok(texts.includes('only line\n--- what follows came after the trigger ---\nboom too late\n'));
  assert.equal(armed.fired.length, 1);
});

for (const [how, rotate] of [
  ['renamed and made anew', (path: string) => renameSync(path, `${path}.1`)],
  ['copied and truncated', (path: string) => writeFileSync(path, '')],
] as const)
  test(`the context keeps the lines before the trigger of a file that is ${how} while the actions run, and goes on`, async (t) => {
    const app = join(newFolder(t), 'app.log');
    writeFileSync(app, 'before\n');
    const armed = await arm(t, [app]);
    appendFileSync(app, 'a long line before that one\nboom\n');
    const [text] = await contextOf(t, armed, () => {
      rotate(app);
      appendFileSync(app, 'in the new one\n');
    });
    const [first, , , , ...rest] = text?.split('\n') ?? [];
    assert.equal(first, 'before');
    assert.deepEqual(rest, ['--- the file was rotated here ---', 'in the new one', '']);
  });

test('of what comes after the trigger the first 200 lines are kept, and that more came is said', async (t) => {
  const app = join(newFolder(t), 'app.log');
  writeFileSync(app, '');
  const armed = await arm(t, [app]);
  appendFileSync(app, 'boom\n');
  const [text] = await contextOf(t, armed, () =>
    appendFileSync(app, Array.from({ length: 300 }, (_, number) => `later ${number}\n`).join('')),
  );
  assert.deepEqual(text?.split('\n').slice(-3), ['later 199', '--- more came and is left out here ---', '']);
});

test('the trigger has what the groups of the expression captured', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { fired } = await arm(t, [file], 1, 'disk (?<name>sd[a-z])( again)? failed with (\\d+)');
  appendFileSync(file, 'kernel: disk sdb failed with 17 errors\n');
  await waitFor('the trigger', () => fired.length > 0);
  assert.deepEqual(fired[0]?.groups, { 1: 'sdb', 2: null, 3: '17', name: 'sdb' });
});
