import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { LogsPlan } from '../../../src/monitors/logs/plan.ts';
import { watchLogs } from '../../../src/monitors/logs/watch.ts';
import type { Trigger } from '../../../src/plugin.ts';
import { Condition } from '../../../src/rig/condition/condition.ts';
import type { Met, OnMet } from '../../../src/rig/condition/met.ts';
import { monitorContext, type Seen, triggerWith } from '../../support/contexts.ts';
import { DrivenClock } from '../../support/driven-clock.ts';
import { newFolder } from '../../support/folder.ts';
import { rulesWith } from '../../support/sightings.ts';
import { waitFor } from '../../support/wait.ts';

interface ArmOptions {
  text?: string;
  /** The rig's last trigger is this sighting, counted from 1. */
  lastAt?: number;
}

/** Arms a watch on files. */
async function arm(
  t: TestContext,
  files: string[],
  { text = 'boom', lastAt = Number.POSITIVE_INFINITY, ...more }: Partial<LogsPlan> & ArmOptions = {},
) {
  const rig = monitorContext(() => {
    if (rig.seen.length === lastAt) rig.end();
  });
  const watch = await watchLogs(
    { messages: [{ text, mode: 'either', ignoreCase: false }], watch: '', files, ...more },
    rig.context,
  );
  t.after(async () => {
    await watch.stop();
    watch.close?.();
  });
  return { watch, ...rig };
}

/** The trigger that a sighting makes. */
const triggerBy = ({ subject, text, facts }: Seen): Trigger => triggerWith({ subject, text, facts });

test('any of several messages will do, and what is seen says which it was and what its groups captured', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const messages = ['disk (\\w+) full', '[ERROR]', '(?<what>oom|panic)'].map(
    (text) => ({ text, mode: text === '[ERROR]' ? 'plain' : 'expression', ignoreCase: false }) as const,
  );
  const { seen } = await arm(t, [file], { messages });
  appendFileSync(file, 'ERROR\na panic\nx [ERROR] y\ndisk sdb full [ERROR]\nlast [ERROR]\n');
  await waitFor('the last sighting', () => seen.length >= 4);
  assert.deepEqual(
    seen.map(({ text, facts: { message, groups } }) => [text, message, groups]),
    [
      ['a panic', '(?<what>oom|panic)', { 1: 'panic', what: 'panic' }],
      ['x [ERROR] y', '[ERROR]', undefined],
      ['disk sdb full [ERROR]', 'disk (\\w+) full', { 1: 'sdb' }],
      ['last [ERROR]', '[ERROR]', undefined],
    ],
  );
});

test('with a text that follows, each of several messages begins the sequence', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const plain = (text: string) => ({ text, mode: 'plain', ignoreCase: false }) as const;
  const { seen } = await arm(t, [file], { messages: [plain('down'), plain('lost')], second: plain('failover') });
  appendFileSync(file, 'link lost\nfailover\nother\nlink down\n');
  await waitFor('the last sighting', () => seen.length >= 3);
  assert.deepEqual(
    seen.map(({ text, facts }) => [text, facts.message]),
    [
      ['link lost', 'lost'],
      ['failover', undefined],
      ['link down', 'down'],
    ],
  );
});

test('each line that matches is seen once, with its place; after the last trigger nothing is', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'boom 0\n');
  const { watch, seen } = await arm(t, [file], { lastAt: 3 });
  appendFileSync(file, 'boom 1\nboom 2\nother\nboom 3\nboom 4\n');
  await waitFor('the last sighting', () => seen.length >= 3);
  await watch.stop();
  assert.deepEqual(
    seen.map(({ text }) => text),
    ['boom 1', 'boom 2', 'boom 3'],
  );
  assert.equal(seen[2]?.subject, file);
  assert.deepEqual({ ...(seen[2]?.facts.position as object), inode: '' }, { file, inode: '', offset: 27 });
});

test('a line in Latin-1 is shown in letters, and a line in UTF-8 beside it, too', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const message = { text: 'Müller', mode: 'plain', ignoreCase: false, encoding: 'windows-1252' } as const;
  const { seen } = await arm(t, [file], { messages: [message] });
  appendFileSync(file, Buffer.from('Müller\nMaier\n', 'latin1'));
  appendFileSync(file, 'Frau Müller\n');
  await waitFor('both lines', () => seen.length >= 2);
  assert.deepEqual(
    seen.map(({ text }) => text),
    ['Müller', 'Frau Müller'],
  );
});

test('an echo of the command line is passed over, and shown', async (t) => {
  const file = join(newFolder(t), 'auth.log');
  writeFileSync(file, '');
  const { watch, seen, passedOver } = await arm(t, [file]);
  appendFileSync(file, 'sudo: ann : COMMAND=/tmp/rig logs --message boom --sosreport\n');
  await waitFor('the line to be examined', () => watch.status()[0]?.lines === 1);
  assert.equal(watch.status()[0]?.passedOver, 1);
  assert.equal(passedOver[0]?.reason, 'echo of a rig');
  assert.match(String(passedOver[0]?.text), /^sudo: ann/);
  assert.deepEqual([passedOver.length, seen.length], [1, 0]);
});

test('a line that is excluded, or logged by rig itself, is passed over', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const exclude = [{ text: 'harmless', mode: 'plain', ignoreCase: false } as const];
  const { seen, passedOver } = await arm(t, [file], { exclude });
  appendFileSync(file, 'a harmless boom\nNov 24 10:00:00 host rig[7]: boom\nboom\n');
  await waitFor('the last line', () => seen.length === 1);
  assert.deepEqual(
    passedOver.map(({ reason }) => reason),
    ['excluded', 'logged by rig'],
  );
});

test('a line says which of the two texts it has, and how often it was repeated', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const second = { text: 'done', mode: 'plain', ignoreCase: false } as const;
  const { seen } = await arm(t, [file], { second });
  const repeated = 'Nov 24 10:00:00 host app[7]: message repeated 3 times: [ boom]';
  appendFileSync(file, `boom\ndone\nboom and done\n${repeated}\n`);
  await waitFor('the lines', () => seen.length === 4);
  assert.deepEqual(
    seen.map(({ slot, times }) => `${slot} ${times}`),
    ['first 1', 'second 1', 'both 1', 'first 3'],
  );
});

test('a line that stands in two files is one sighting', async (t) => {
  const folder = newFolder(t);
  const files = ['messages', 'syslog'].map((name) => join(folder, name)) as [string, string];
  for (const file of files) writeFileSync(file, '');
  const { seen, passedOver } = await arm(t, files);
  for (const file of files) appendFileSync(file, 'Nov 24 10:00:00 host app[7]: boom\n');
  await waitFor('both to be examined', () => seen.length + passedOver.length === 2);
  assert.deepEqual([seen.length, passedOver[0]?.reason], [1, 'seen in another source']);
});

/** The texts in the context of a watch that was stopped after its only trigger; `meanwhile` happens while the actions run. */
async function contextOf(t: TestContext, { watch, seen }: Awaited<ReturnType<typeof arm>>, meanwhile = () => {}) {
  await waitFor('the trigger', () => seen.length > 0);
  await watch.stop();
  const dir = newFolder(t);
  const complete = await watch.saveContext?.(dir, triggerBy(seen[0] as Seen));
  meanwhile();
  await complete?.();
  return readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
}

test('the context has the last 200 lines with the triggering one marked, what came since, and the other files', async (t) => {
  const folder = newFolder(t);
  const [app, other] = [join(folder, 'app.log'), join(folder, 'other')];
  writeFileSync(app, Array.from({ length: 500 }, (_, number) => `line ${number}\n`).join(''));
  writeFileSync(other, 'only line\n');
  const armed = await arm(t, [app, other], { lastAt: 1 });
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
  assert.equal(armed.seen.length, 1);
});

for (const [how, rotate] of [
  ['renamed and made anew', (path: string) => renameSync(path, `${path}.1`)],
  ['copied and truncated', (path: string) => writeFileSync(path, '')],
] as const)
  test(`the context keeps the lines before the trigger of a file that is ${how} while the actions run, and goes on`, async (t) => {
    const app = join(newFolder(t), 'app.log');
    writeFileSync(app, 'before\n');
    const armed = await arm(t, [app], { lastAt: 1 });
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
  const armed = await arm(t, [app], { lastAt: 1 });
  appendFileSync(app, 'boom\n');
  const [text] = await contextOf(t, armed, () =>
    appendFileSync(app, Array.from({ length: 300 }, (_, number) => `later ${number}\n`).join('')),
  );
  assert.deepEqual(text?.split('\n').slice(-3), ['later 199', '--- more came and is left out here ---', '']);
});

test('a sighting has what the groups of the expression captured', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const { seen } = await arm(t, [file], { text: 'disk (?<name>sd[a-z])( again)? failed with (\\d+)' });
  appendFileSync(file, 'kernel: disk sdb failed with 17 errors\n');
  await waitFor('the line', () => seen.length > 0);
  assert.deepEqual(seen[0]?.facts.groups, { 1: 'sdb', 2: null, 3: '17', name: 'sdb' });
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
    const { seen } = await arm(t, [file], { text });
    appendFileSync(file, `${line}\n`);
    await waitFor('the line', () => seen.length > 0);
    assert.deepEqual(seen[0]?.facts.groups, groups);
  });

test('the context of a rig that goes on watching is that of its trigger, though its file was rotated away since', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'before\n');
  const armed = await arm(t, [file]);
  appendFileSync(file, 'boom\n');
  await waitFor('the trigger', () => armed.seen.length === 1);
  const dir = newFolder(t);
  const complete = await armed.watch.saveContext?.(dir, triggerBy(armed.seen[0] as Seen));
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, 'behind\n');
  await complete?.();
  const [text] = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
  assert.match(String(text), /^before\n--- [^\n]+\nboom\nbehind\n$/);
  appendFileSync(file, 'boom again\n');
  await waitFor('the next trigger', () => armed.seen.length === 2);
});

test('of mixed errors each kind triggers once, whatever times, numbers, addresses and ids they have', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const met: Met[] = [];
  const onMet: OnMet = (read) => met.push(read()) > 0;
  const condition = new Condition(rulesWith({ distinct: 1 }), new DrivenClock(), onMet, () => 0);
  const rig = monitorContext((sighting) => condition.saw(sighting));
  const message = { text: 'error', mode: 'plain', ignoreCase: false } as const;
  const watch = await watchLogs({ messages: [message], watch: '', files: [file] }, rig.context);
  t.after(() => watch.stop());
  const kinds = [
    (n: number) =>
      `Nov 24 10:00:${String(n % 60).padStart(2, '0')} host app[${n}]: error: no answer from 10.0.${n % 256}.1:${n}`,
    (n: number) => `error: request ${n.toString(16).padStart(8, '0')} failed`,
    () => 'error without a number',
  ];
  const lines = Array.from({ length: 20_000 }, (_, n) => `${kinds[n % kinds.length]?.(n)}\n`);
  appendFileSync(file, lines.join(''));
  await waitFor('the lines to be examined', () => watch.status()[0]?.lines === lines.length);
  assert.equal(met.length, kinds.length, met.map(({ facts }) => facts?.kind).join('\n'));
  assert.deepEqual(condition.status().passedOver, { 'its kind is captured': lines.length - kinds.length });
});
