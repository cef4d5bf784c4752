import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { callerWords, readCaller } from '../../src/host/caller.ts';

test('the user of sudo is who calls, and root only where nobody else is known', () => {
  assert.equal(readCaller({ SUDO_USER: 'alice' }).user, 'alice');
  const { user } = readCaller({});
  assert.equal(readCaller({ SUDO_USER: 'root' }).user, user, 'the login says more');
  assert.equal(readCaller({ SUDO_USER: '' }).user, user);
  assert.match(user, /^[^:\s]+$/);
  if (user === userInfo().username) assert.doesNotMatch(user, /^\d+$/, 'a name, not a number');
});

test('a caller in words', () => {
  assert.equal(callerWords({ user: 'alice', tty: 'pts/3' }), 'alice on pts/3');
  assert.equal(callerWords({ user: 'root', tty: null }), 'root');
});
