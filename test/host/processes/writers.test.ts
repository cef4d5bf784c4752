import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WriterSearch } from '../../../src/host/processes/writers.ts';

/** A file that a program has open, until the test ends. */
function heldFile(t: TestContext, folder: string, flags: 'a' | 'r'): string {
  const path = join(folder, flags);
  writeFileSync(path, '');
  const fd = openSync(path, flags);
  const holder = spawn('sleep', ['infinity'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
  t.after(() => holder.kill());
  closeSync(fd);
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

test('one search finds the writers of hundreds of files, and the next one those of files asked for meanwhile', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rig-unit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [written, read] = [heldFile(t, folder, 'a'), heldFile(t, folder, 'r')];
  const others = Array.from({ length: 300 }, (_, index) => `0:${index}`);
  const search = new WriterSearch();
  const asked = [written, read, ...others].map((identity) => search.isHeld(identity));
  await new Promise(setImmediate);
  const requests = process.getActiveResourcesInfo().filter((name) => name.startsWith('FSReq'));
  assert.ok(requests.length < 10, `${requests.length} requests at once`);
  const meanwhile = search.isHeld(written);
  assert.deepEqual(await Promise.all(asked), [true, false, ...others.map(() => false)]);
  assert.equal(await meanwhile, true);
});
