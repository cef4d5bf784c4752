import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { LogsPlan } from '../../../src/monitors/logs/plan.ts';
import { armLogs } from '../../../src/monitors/logs/watch.ts';
import type { TriggerFacts } from '../../../src/plugin.ts';
import { newFolder } from '../../support/folder.ts';
import { waitFor } from '../../support/wait.ts';

interface ArmOptions {
  text?: string;
  /** What the rig does after a trigger. */
  after?: 'over' | 'watching';
}

/** Arms a rig's watch on files. */
async function arm(
  t: TestContext,
  files: string[],
  { count = 1, text = 'boom', after = 'over', ...more }: Partial<LogsPlan> & ArmOptions = {},
) {
  const fired: TriggerFacts[] = [];
  const state: { held: string | undefined } = { held: undefined };
  const plan = { message: { text, mode: 'either', ignoreCase: false }, count, files, ...more } as const;
  const watch = await armLogs(plan, {
    fire: (facts) => {
      fired.push(facts);
      return after;
    },
    holdReason: () => state.held,
    exhausted: (reason) => assert.fail(reason),
    remark: () => {},
    debug: () => {},
  });
  t.after(() => watch.stop());
  return { watch, fired, state };
}

test('it fires once, on the line that makes the count full', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'boom 0\n');
  const { fired } = await arm(t, [file], { count: 3 });
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
  const { fired } = await arm(t, [file], { text: 'disk (?<name>sd[a-z])( again)? failed with (\\d+)' });
  appendFileSync(file, 'kernel: disk sdb failed with 17 errors\n');
  await waitFor('the trigger', () => fired.length > 0);
  assert.deepEqual(fired[0]?.groups, { 1: 'sdb', 2: null, 3: '17', name: 'sdb' });
});

for (const [text, line, groups] of [
  [
    'user=([[:alpha:]]+) id=(\\d{20,})',
    'login user=ann id=12345678901234567890!',
    { 1: 'ann', 2: '12345678901234567890' },
  ],
  ['(?<icon>[😀-😎]) (?i:up)', 'now 😅 UP', { 1: '😅', icon: '😅' }],
  ['disk (é+)', 'disk éé', { 1: 'éé' }],
] as const)
  test(`the groups are those of the expression as rig reads it: ${text}`, async (t) => {
    const file = join(newFolder(t), 'app.log');
    writeFileSync(file, '');
    const { fired } = await arm(t, [file], { text });
    appendFileSync(file, `${line}\n`);
    await waitFor('the trigger', () => fired.length > 0);
    assert.deepEqual(fired[0]?.groups, groups);
  });

test('a rig that goes on watching begins its condition anew, and examines every line', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { fired } = await arm(t, [file], { count: 2, after: 'watching' });
  appendFileSync(file, Array.from({ length: 7 }, (_, number) => `boom ${number}\n`).join(''));
  await waitFor('three triggers', () => fired.length === 3);
  assert.deepEqual(
    fired.map(({ line, matches }) => `${line}, ${matches}`),
    ['boom 1, 2', 'boom 3, 2', 'boom 5, 2'],
  );
  appendFileSync(file, 'boom 7\n');
  await waitFor('the fourth, whose first match was left over', () => fired.length === 4);
});

test('what matches while the rig holds back is passed over, and counted by the reason', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { watch, fired, state } = await arm(t, [file], { after: 'watching' });
  state.held = 'cooldown';
  appendFileSync(file, 'boom 1\nboom 2\n');
  await waitFor('the lines to be examined', () => watch.status()[0]?.lines === 2);
  assert.deepEqual(watch.status().at(-1)?.passedOver, { cooldown: 2 });
  assert.equal(fired.length, 0);
  state.held = undefined;
  appendFileSync(file, 'boom 3\n');
  await waitFor('the trigger', () => fired.length === 1);
  assert.equal(fired[0]?.line, 'boom 3');
});

test('a line that is found not to be followed while the rig holds back is passed over, and counted by the reason', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const unless = { text: 'done', mode: 'plain', ignoreCase: false } as const;
  const { watch, state } = await arm(t, [file], { after: 'watching', unless, withinMs: 50 });
  appendFileSync(file, 'boom\n');
  await waitFor('the line to be examined', () => watch.status().at(-1)?.matches === 1);
  state.held = 'cooldown';
  await waitFor('the line to be passed over', () =>
    JSON.stringify(watch.status().at(-1)?.passedOver).includes('cooldown'),
  );
  assert.deepEqual(watch.status().at(-1)?.passedOver, { cooldown: 1 });
});

test('the context of a rig that goes on watching is that of its trigger, though its file was rotated away since', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'before\n');
  const armed = await arm(t, [file], { after: 'watching' });
  appendFileSync(file, 'boom\n');
  await waitFor('the trigger', () => armed.fired.length === 1);
  const dir = newFolder(t);
  const facts = armed.fired[0] as TriggerFacts;
  const complete = await armed.watch.saveContext?.(dir, { ...facts, time: facts.loggedAt, monitor: 'logs' });
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, 'behind\n');
  await complete?.();
  const [text] = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
  assert.match(String(text), /^before\n--- [^\n]+\nboom\nbehind\n$/);
  appendFileSync(file, 'boom again\n');
  await waitFor('the next trigger', () => armed.fired.length === 2);
});

test('of mixed errors each kind triggers once, whatever numbers, addresses and ids they have', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { watch, fired } = await arm(t, [file], { distinct: 1, text: 'error', after: 'watching' });
  const kinds = [
    (n: number) =>
      `Nov 24 10:00:${String(n % 60).padStart(2, '0')} host app[${n}]: error: no answer from 10.0.${n % 256}.1:${n}`,
    (n: number) => `error: request ${n.toString(16).padStart(8, '0')} failed`,
    (n: number) => `error: session ab${n}cd${n}ef ended, status ${n % 600}`,
    (n: number) => `error at 0x${(n * 7919).toString(16)} in worker`,
    (n: number) => `error: volume 0b6f${String(n % 10_000).padStart(4, '0')}-1111-2222-3333-444455556666 is full`,
    () => 'error without a number',
  ];
  const lines = Array.from({ length: 20_000 }, (_, n) => `${kinds[n % kinds.length]?.(n)}\n`);
  appendFileSync(file, lines.join(''));
  await waitFor('the lines to be examined', () => watch.status()[0]?.lines === lines.length);
  assert.equal(fired.length, kinds.length, fired.map(({ lineKind }) => lineKind).join('\n'));
  const passedOver = watch.status().at(-1)?.passedOver as Record<string, number>;
  assert.equal(passedOver['its kind is captured'], lines.length - kinds.length);
});

test('there is an end to the kinds that are told apart, and what is beyond is counted', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { watch, fired } = await arm(t, [file], { distinct: 1, after: 'watching' });
  const letters = (n: number): string => n.toString().replace(/\d/g, (digit) => 'ghijklmnop'[Number(digit)] ?? '');
  appendFileSync(file, Array.from({ length: 1200 }, (_, n) => `boom ${letters(n)}\n`).join(''));
  await waitFor('the lines to be examined', () => watch.status()[0]?.lines === 1200);
  assert.equal(fired.length, 1000);
  assert.deepEqual(watch.status().at(-1)?.passedOver, { 'of too many kinds': 200 });
});
