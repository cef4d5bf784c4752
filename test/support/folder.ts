import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A new folder of the test's own, removed when it ends. */
export function newFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rig-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
