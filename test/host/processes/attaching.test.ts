import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AttachFacts,
  checkAccess,
  explainDenial,
  explainRefusal,
  readAttachFacts,
} from '../../../src/host/processes/attaching.ts';
import { start } from '../../support/processes.ts';

const free: AttachFacts = { yamaScope: '1', isDeniedBySelinux: false, isCapable: true, isFiltered: false };

const refused: [string, Partial<AttachFacts>, RegExp][] = [
  ['Yama', { yamaScope: '3' }, /kernel\.yama\.ptrace_scope is 3/],
  ['SELinux', { isDeniedBySelinux: true }, /setsebool deny_ptrace off/],
  ['a missing capability', { isCapable: false }, /CAP_SYS_PTRACE/],
  ['a seccomp filter', { isFiltered: true }, /seccomp filter/],
];

for (const [what, fact, says] of refused)
  test(`${what} is named as the reason that attaching does not work`, () => {
    assert.match(explainRefusal({ ...free, ...fact }) ?? '', says);
  });

test('where nothing is known to forbid it, no reason is made up', () => {
  assert.equal(explainRefusal(free), undefined);
});

test('a seccomp filter is never the reason that one process is denied', () => {
  assert.match(explainDenial(process.pid, { ...free, isFiltered: true }), /user namespace/);
});

test('a child of this process can be attached to, and what decides that can be read', async (t) => {
  const child = await start(t, '/bin/sleep', ['1000']);
  assert.equal(await checkAccess(child.pid), 'allowed');
  assert.match(readAttachFacts().yamaScope, /^[0-3]?$/);
});
