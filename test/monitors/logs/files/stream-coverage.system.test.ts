/** The certificate of a fifo: what was examined, and what may be missing. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, statSync } from 'node:fs';
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
  assert.match(
    certificate().coverage,
    /^no gap known: what another process reads from the fifo, or what is written to a new fifo/,
  );
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
