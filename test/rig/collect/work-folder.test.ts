import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeWarmUpFolder, makeWorkFolder, removeWarmUpFolder } from '../../../src/rig/collect/work-folder.ts';
import { workFolder } from '../../../src/rig/records/paths.ts';
import { newFolder } from '../../support/folder.ts';

/** A rig's place, and a folder of somebody else's that a link in the place of the work folder leads to. */
function start(t: TestContext) {
  const folder = newFolder(t);
  const place = { id: 'web', output: { folder } };
  const others = join(folder, 'others');
  const replace = (): void => {
    renameSync(workFolder(folder, 'web'), join(folder, 'moved'));
    symlinkSync(others, workFolder(folder, 'web'));
  };
  return { place, others, replace };
}

test('the warm-up removes nothing through a link that stands in the place of the work folder', async (t) => {
  const { place, others, replace } = start(t);
  await makeWorkFolder(place);
  await makeWarmUpFolder(place);
  mkdirSync(join(others, 'warm-up'), { recursive: true });
  writeFileSync(join(others, 'warm-up/data'), 'gold');
  replace();
  await removeWarmUpFolder(place);
  assert.ok(existsSync(join(others, 'warm-up/data')));
});

test('the warm-up makes nothing through a link that stands in the place of the work folder', async (t) => {
  const { place, others, replace } = start(t);
  await makeWorkFolder(place);
  mkdirSync(others);
  replace();
  await assert.rejects(makeWarmUpFolder(place), /is in the way/);
  assert.ok(!existsSync(join(others, 'warm-up')));
});
