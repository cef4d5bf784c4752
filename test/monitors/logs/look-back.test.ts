import assert from 'node:assert/strict';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { lookBack } from '../../../src/monitors/logs/look-back.ts';
import type { LogsPlan } from '../../../src/monitors/logs/plan.ts';
import { newFolder } from '../../support/folder.ts';

/** What is told of a file. */
async function lookAt(file: string, text: string, withinMs = Number.POSITIVE_INFINITY): Promise<string[]> {
  const remarks: string[] = [];
  const plan: LogsPlan = { messages: [{ text, mode: 'either', ignoreCase: false }], watch: '', files: [file] };
  await lookBack(plan, (remark) => remarks.push(remark.replace(file, 'FILE')), withinMs);
  return remarks;
}

/** What is told of a file with this content. */
async function told(t: TestContext, content: string, text = 'boom', withinMs?: number): Promise<string[]> {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, content);
  return await lookAt(file, text, withinMs);
}

test('the matches in the last 10,000 lines of a file are counted, older ones are not', async (t) => {
  const content = `${'boom, old\n'.repeat(5)}${'harmless\n'.repeat(9_998)}boom 1\nboom 2\n`;
  assert.deepEqual(await told(t, content), ['the message matched 2 of the last 10000 lines of FILE, last: boom 2']);
});

test('a message that matches nothing is told, and of an empty or missing file nothing is', async (t) => {
  assert.deepEqual(await told(t, 'one\ntwo'), ['the message matches nothing in the last 2 lines of FILE']);
  assert.deepEqual(await told(t, ''), []);
  assert.deepEqual(await lookAt('/nowhere', 'boom'), []);
});

test('the NUL bytes of a hole are no part of the line behind it', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  truncateSync(file, 1e12);
  appendFileSync(file, 'boom 1\nharmless\n');
  assert.deepEqual(await lookAt(file, 'boom'), ['the message matched 1 of the last 2 lines of FILE, last: boom 1']);
});

test('where nearly every line matches, and time is up before all are seen, what is said of the last ones is exact', async (t) => {
  const lines = Array.from({ length: 5027 }, (_, number) =>
    number % 1257 === 0 ? 'original rig' : `rig boom ${number}`,
  );
  const [remark = ''] = await told(t, `${lines.join('\n')}\n`, 'boom', 5);
  // Where there was time for none, nothing is said.
  const [, matches = '0', lookedAt = '0', last = 'rig boom 5026'] =
    /^the message matched (\d+) of the last (\d+) lines of FILE, last: (.*)$/.exec(remark) ?? [];
  const ofThose = lines.slice(lines.length - Number(lookedAt)).filter((line) => line.includes('boom'));
  assert.equal(Number(matches), ofThose.length, remark);
  assert.equal(last, 'rig boom 5026');
});

test('a line that is cut is marked', async (t) => {
  const [remark = ''] = await told(t, `boom ${'x'.repeat(200)}\n`);
  assert.match(remark, /, last: boom x{95}…$/);
});

test('where nothing matches, it is said how many lines would in any case, if any', async (t) => {
  const [remark] = await told(t, 'Boom\nBOOM\nharmless\n');
  assert.equal(remark, 'the message matches nothing in the last 3 lines of FILE; with -i it would match 2');
});

test('lines over the ends of the pieces that are read are counted once', async (t) => {
  const lines = Array.from({ length: 9000 }, (_, number) => `${number} boom ${'x'.repeat(number % 70)}`);
  assert.deepEqual(await told(t, `${lines.join('\r\n')}\r\n`), [
    `the message matched 9000 of the last 9000 lines of FILE, last: ${lines.at(-1)}`,
  ]);
});

test('what would not count, because of --exclude or as an echo, does not count here; with --echo an echo does', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'boom\nboom, but harmless\nsudo: COMMAND=/usr/bin/rig logs --message boom --sosreport\n');
  const plain = (text: string) => ({ text, mode: 'plain', ignoreCase: false }) as const;
  const remarks: string[] = [];
  const plan: LogsPlan = { messages: [plain('boom')], exclude: [plain('harmless')], watch: '', files: [file] };
  await lookBack(plan, (text) => remarks.push(text), Number.POSITIVE_INFINITY);
  await lookBack({ ...plan, echo: true }, (text) => remarks.push(text), Number.POSITIVE_INFINITY);
  assert.match(remarks[0] ?? '', /matched 1 of the last 3 lines .*: boom$/);
  assert.match(remarks[1] ?? '', /matched 2 of the last 3 lines /);
});

test('without a message, as for unit events, there is nothing to look for', async (t) => {
  assert.deepEqual(await told(t, 'one\ntwo\n', ''), []);
});

test('an echo of the command line is no match here either', async (t) => {
  const [remark] = await told(t, 'sudo: COMMAND=/usr/bin/rig logs --message boom --sosreport\n');
  assert.equal(remark, 'the message matches nothing in the last 1 line of FILE');
});

test('the end of a last line that is larger than what is read is looked at all the same', async (t) => {
  const [remark] = await told(t, `boom, old\n${'x'.repeat(5_000_000)}boom\n`);
  assert.match(remark ?? '', /^the message matched 1 of the last 1 line of FILE/);
});
