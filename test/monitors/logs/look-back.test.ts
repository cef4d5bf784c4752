import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { rehearse } from '../../../src/monitors/logs/rehearsal.ts';
import { newFolder } from './files/following.ts';

/** What is told of a file with this text. */
async function told(t: TestContext, content: string, text = 'boom'): Promise<string[]> {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, content);
  const remarks: string[] = [];
  await rehearse({ message: { text, mode: 'either', ignoreCase: false }, count: 1, files: [file] }, (remark) =>
    remarks.push(remark.replace(file, 'FILE')),
  );
  return remarks;
}

test('the matches in the last 10,000 lines of a file are counted, older ones are not', async (t) => {
  const content = `${'boom, old\n'.repeat(5)}${'harmless\n'.repeat(9_998)}boom 1\nboom 2\n`;
  assert.deepEqual(await told(t, content), ['the message matched 2 of the last 10000 lines of FILE, last: boom 2']);
});

test('a message that matches nothing is told, and of an empty or missing file nothing is', async (t) => {
  assert.deepEqual(await told(t, 'one\ntwo'), ['the message matches nothing in the last 2 lines of FILE']);
  assert.deepEqual(await told(t, ''), []);
  const remarks: string[] = [];
  const plan = { message: { text: 'boom', mode: 'plain', ignoreCase: false }, count: 1, files: ['/nowhere'] } as const;
  await rehearse({ ...plan, files: [...plan.files] }, (remark) => remarks.push(remark));
  assert.deepEqual(remarks, []);
});

test('an echo of the command line is no match here either', async (t) => {
  const [remark] = await told(t, 'sudo: COMMAND=/usr/bin/rig logs --message boom --sosreport\n');
  assert.equal(remark, 'the message matches nothing in the last 1 line of FILE');
});

test('the end of a last line that is larger than what is read is looked at all the same', async (t) => {
  const [remark] = await told(t, `boom, old\n${'x'.repeat(5_000_000)}boom\n`);
  assert.match(remark ?? '', /^the message matched 1 of the last 1 line of FILE/);
});
