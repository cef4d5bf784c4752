/** The certificate of a fifo: what was examined, and what may be missing. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExaminedSpan } from '../../../../src/monitors/logs/files/certificate.ts';
import { StreamSource } from '../../../../src/monitors/logs/files/stream-source.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { newFolder } from '../../../support/folder.ts';
import { waitFor } from '../../../support/wait.ts';
import { watchSource } from './following.ts';

interface Certificate {
  bytes: number;
  coverage: string;
  gaps: Gap[];
  examined: ExaminedSpan[];
}

/** Watches a new fifo. `write` resolves when what it wrote has been read. */
async function watchFifo(t: TestContext, expression = '.') {
  const path = join(newFolder(t), 'fifo');
  execFileSync('mkfifo', [path]);
  const watched = await watchSource(t, expression, (context) => new StreamSource([path], context, () => {}));
  const certificate = () => watched.source.status()[0] as unknown as Certificate;
  let written = 0;
  const write = async (text: string | Buffer): Promise<void> => {
    // Waiting: a fifo holds 64 KiB.
    const file = await open(path, constants.O_WRONLY);
    await file.writeFile(text);
    await file.close();
    written += Buffer.byteLength(text);
    await waitFor('everything to be read', () => certificate().bytes === written);
  };
  return { ...watched, path, certificate, write };
}

test('of a fifo it is said up to which line it was examined, and that others may have read from it', async (t) => {
  const { path, certificate, write } = await watchFifo(t);
  await write('one\ntwo\nnot yet');
  const { dev, ino } = statSync(path, { bigint: true });
  const identity = { device: String(dev), inode: String(ino), born: null };
  assert.deepEqual(certificate().examined, [{ ...identity, from: 0, to: 8 }]);
  await write(' three\n');
  assert.deepEqual(certificate().examined, [{ ...identity, from: 0, to: 22 }]);
  assert.match(certificate().coverage, /^no gap known: what another process reads from the fifo does not come here$/);
});

test('UTF-16 that comes through a fifo is a gap, said once, however it is cut', async (t) => {
  const { certificate, write, remarks } = await watchFifo(t);
  const text = Buffer.from('\ufeffboom\n', 'utf16le');
  await write(text.subarray(0, 1));
  await write(text.subarray(1));
  await write(text);
  assert.deepEqual(
    certificate().gaps.map(({ cause, times }) => [cause, times]),
    [['UTF-16 text, in which the message is not found', 1]],
  );
  assert.equal(remarks.filter((remark) => remark.includes('UTF-16')).length, 1);
});

test('a line that comes through a fifo and is examined in parts is a doubt', async (t) => {
  const { certificate, write, seen } = await watchFifo(t, 'end$');
  await write(`${'x'.repeat(600_000)}end\n`);
  assert.equal(seen.length, 1);
  assert.match(certificate().coverage, /lines longer than 256 KiB were examined in parts that overlap/);
});

test('what comes through a fifo and says that messages were suppressed is a gap', async (t) => {
  const { certificate, write } = await watchFifo(t);
  await write('Nov 25 10:00:00 web01 kernel: net_ratelimit: 7 callbacks suppressed\n');
  assert.deepEqual(
    certificate().gaps.map(({ cause, missing }) => [cause, missing]),
    [['kernel: net_ratelimit: N callbacks suppressed', 7]],
  );
});

test('a fifo that is removed, or made anew, has ended: the certificate and a remark say so', async (t) => {
  const { path, certificate, write, source, remarks } = await watchFifo(t);
  await write('one\n');
  rmSync(path);
  execFileSync('mkfifo', [path]);
  await waitFor('the end of the fifo', () => source.status()[0]?.state === 'ended');
  const gap = 'the fifo was removed or made anew, and what comes through a new one is not read';
  assert.deepEqual(
    certificate().gaps.map(({ cause }) => cause),
    [gap],
  );
  assert.ok(remarks.some((remark) => remark.endsWith(gap)));
});

test('a flood that comes through a fifo leaves everything else its turn, every 64 KiB', async (t) => {
  const { path, certificate } = await watchFifo(t);
  const megabytes = 20;
  const writer = spawn('sh', ['-c', `yes 'a line that matches' | head -c ${megabytes}M > '${path}'`]);
  const ended = once(writer, 'exit');
  let [before, most] = [0, 0];
  while (before < megabytes * 2 ** 20) {
    await new Promise((resolve) => setImmediate(resolve));
    const { bytes } = certificate();
    most = Math.max(most, bytes - before);
    before = bytes;
  }
  await ended;
  assert.ok(most <= 64 * 1024, `${most} bytes at once`);
});
