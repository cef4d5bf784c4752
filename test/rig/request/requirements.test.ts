import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDistributionFamily } from '../../../src/host/distribution.ts';
import { checkRequirements } from '../../../src/rig/request/requirements.ts';

const same = { debian: 'gdb', redhat: 'gdb', suse: 'gdb' };

test('a plugin that requires nothing gets no program', async () => {
  assert.deepEqual([...(await checkRequirements('--dump'))], []);
});

test('of several programs the first one that this host has is taken, with its full path', async () => {
  const anyOf = ['no-such-program', 'sh', 'cat'];
  const found = await checkRequirements('--dump', [{ kind: 'program', anyOf, package: same }]);
  assert.deepEqual([...found.keys()], ['sh']);
  assert.match(found.get('sh') ?? '', /^\/.*\/sh$/);
});

test('a program that is missing is an error, with the package of this distribution', async () => {
  const packages = { debian: 'for-debian', redhat: 'for-redhat', suse: 'for-suse' };
  const family = readDistributionFamily();
  const named = family ? packages[family] : 'Debian, Ubuntu: for-debian; RHEL, Fedora: for-redhat; SUSE: for-suse';
  const requirement = { kind: 'program', anyOf: ['no-such-a', 'no-such-b'], package: packages } as const;
  await assert.rejects(checkRequirements('--dump', [requirement]), {
    name: 'RigError',
    message: `--dump: no-such-a or no-such-b is not on this host: install the package ${named}`,
  });
});

test('a file that is missing is an error, with what it is for', async () => {
  const requirement = { kind: 'file', for: 'the kernel must be built with it' } as const;
  assert.deepEqual([...(await checkRequirements('fake', [{ ...requirement, path: '/' }]))], []);
  await assert.rejects(checkRequirements('fake', [{ ...requirement, path: '/no/such/file' }]), {
    name: 'RigError',
    message: 'fake: /no/such/file is not on this host: the kernel must be built with it',
  });
});
