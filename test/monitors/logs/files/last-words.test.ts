/** The last words of a program that hangs or died: a line without a line end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, renameSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StreamSource } from '../../../../src/monitors/logs/files/stream-source.ts';
import { DrivenClock } from '../../../support/driven-clock.ts';
import { newFolder } from '../../../support/folder.ts';
import { waitFor } from '../../../support/wait.ts';
import { follow, watchSource } from './following.ts';

/** Follows a file that holds `before`, on a clock that stands still but for `silence`, until which all that came was read. */
async function followAt(t: TestContext, before = '', expression = 'boom') {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, before);
  const clock = new DrivenClock();
  const following = await follow(t, [file], expression, {}, clock);
  const silence = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.pass(1000);
      // The look comes in the last phase of the turn.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    }
  };
  /** Writes, and waits until that was read. */
  const write = async (text: string): Promise<void> => {
    const offset = Number(following.source.status()[0]?.offset);
    appendFileSync(file, text);
    await waitFor(
      'the text to be read',
      () => following.source.status()[0]?.offset === offset + Buffer.byteLength(text),
    );
  };
  return { file, silence, write, ...following };
}

test('a line without a line end counts as it stands after 2 seconds of silence', async (t) => {
  const { file, silence, write, lines, seen, source } = await followAt(t, 'old\n');
  await write('fine\nboom');
  await silence(1);
  assert.deepEqual(lines(), []);
  await silence(2);
  assert.deepEqual(lines(), ['boom']);
  const inode = source.status()[0]?.inode;
  assert.deepEqual(seen[0]?.position, { file, inode, offset: 'old\nfine\n'.length });
  await silence(10);
  assert.deepEqual(lines(), ['boom']);
});

test('it counts once: not again when more of it comes, nor when it is complete', async (t) => {
  const { silence, write, lines } = await followAt(t);
  await write('boom');
  await silence(3);
  await write(' boom');
  await silence(3);
  await write(' boom\nboom 2\n');
  await silence(3);
  assert.deepEqual(lines(), ['boom', 'boom 2']);
});

test('what did not match as it stood is judged again with what is added, and when it is complete', async (t) => {
  const { silence, write, lines } = await followAt(t);
  await write('bo');
  await silence(3);
  await write('om');
  await silence(3);
  assert.deepEqual(lines(), ['boom']);
  await write('\nbo');
  await silence(3);
  await write('om!\n');
  await silence(1);
  assert.deepEqual(lines(), ['boom', 'boom!']);
});

test('silence begins anew with every byte', async (t) => {
  const { silence, write, lines } = await followAt(t);
  await write('boom');
  for (const byte of '....') {
    await silence(1);
    await write(byte);
  }
  assert.deepEqual(lines(), []);
  await silence(2);
  assert.deepEqual(lines(), ['boom....']);
});

test('an unfinished line from before arming is old until it grows', async (t) => {
  const { silence, write, lines } = await followAt(t, 'old\nboom');
  await silence(5);
  assert.deepEqual(lines(), []);
  await write(' now');
  await silence(3);
  assert.deepEqual(lines(), ['boom now']);
});

test('it counts once through a rotation by rename', async (t) => {
  const { file, silence, write, lines, source } = await followAt(t);
  const writer = openSync(file, 'a');
  await write('boom');
  await silence(3);
  renameSync(file, `${file}.1`);
  writeFileSync(file, '');
  await silence(3);
  writeSync(writer, ' and done\n');
  closeSync(writer);
  await silence(3);
  assert.deepEqual(lines(), ['boom']);
  assert.equal(source.status().find(({ state }) => state === 'rotated away')?.lines, 1);
});

test('it counts once through a copy and truncation, and the same words written anew are new', async (t) => {
  const { file, silence, write, lines } = await followAt(t, 'old\n'.repeat(10));
  await write('boom');
  await silence(3);
  execFileSync('cp', [file, `${file}.1`]);
  truncateSync(file);
  await silence(3);
  assert.deepEqual(lines(), ['boom']);
  appendFileSync(file, 'boom');
  await silence(4);
  assert.deepEqual(lines(), ['boom', 'boom']);
});

test('last words of more than 256 KiB count once', async (t) => {
  const { silence, write, lines } = await followAt(t);
  await write('x'.repeat(300 * 1024));
  await write('boom');
  await silence(3);
  assert.equal(lines().length, 1);
  await write('boom'.repeat(100_000));
  await write('\nboom\n');
  await silence(3);
  assert.equal(lines().length, 2);
});

test('the last words in a fifo whose writer hangs count once', async (t) => {
  const fifo = join(newFolder(t), 'pipe');
  execFileSync('mkfifo', [fifo]);
  const clock = new DrivenClock();
  const { lines, source } = await watchSource(
    t,
    'boom',
    (context) => new StreamSource([fifo], context, () => {}),
    clock,
  );
  const writer = openSync(fifo, 'w');
  const write = async (text: string): Promise<void> => {
    const bytes = Number(source.status()[0]?.bytes) + text.length;
    writeSync(writer, text);
    await waitFor('the text to be read', () => source.status()[0]?.bytes === bytes);
  };
  await write('fine\nbo');
  clock.pass(3000);
  await write('om');
  clock.pass(1900);
  assert.deepEqual(lines(), []);
  clock.pass(100);
  assert.deepEqual(lines(), ['boom']);
  await write(' at last\nboom 2\n');
  clock.pass(3000);
  assert.deepEqual(lines(), ['boom', 'boom 2']);
  closeSync(writer);
});
