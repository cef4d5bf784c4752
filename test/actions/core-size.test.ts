import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimatePause, sizeOfCore } from '../../src/actions/gcore/core-size.ts';
import { parseMappings } from '../../src/host/processes/mappings.ts';

/** What the kernel gives every process: private and shared memory without a file, the headers of programs, huge private pages. */
const usual = 0x33;
const megabyte = 2 ** 20;

/** One mapping of a megabyte, as it stands in smaps: proc_pid_smaps(5). */
const mapping = (permissions: string, path: string, { offset = '00000000', anonymous = 0, flags = 'rd wr' } = {}) =>
  `7f0000000000-7f0000100000 ${permissions} ${offset} 00:00 0                          ${path}
Size:               1024 kB
Rss:                   0 kB
Anonymous:      ${String(anonymous).padStart(8)} kB
AnonHugePages:         0 kB
VmFlags: ${flags} 
`;

const megabytesOf = (text: string, filter = usual) => sizeOfCore(parseMappings(text), filter) / megabyte;

for (const [what, text, megabytes] of [
  ['memory that was never touched counts whole', mapping('rw-p', ''), 1],
  ['a reservation that cannot even be read counts whole', mapping('---p', ''), 1],
  ['the heap counts', mapping('rw-p', '[heap]', { anonymous: 4 }), 1],
  ['what the program has left out (MADV_DONTDUMP) does not count', mapping('rw-p', '', { flags: 'rd wr dd' }), 0],
  ['a device does not count', mapping('rw-p', '', { flags: 'rd wr io pf' }), 0],
  ['shared memory counts', mapping('rw-s', '/dev/zero (deleted)', { flags: 'rd wr sh' }), 1],
  ['System V shared memory counts', mapping('rw-s', '/SYSV00000000 (deleted)'), 1],
  ['private huge pages count', mapping('rw-p', '/anon_hugepage (deleted)', { flags: 'rd wr ht' }), 1],
  ['shared huge pages do not count', mapping('rw-s', '/anon_hugepage (deleted)', { flags: 'rd wr sh ht' }), 0],
  ['a file that is only read does not count', mapping('r--p', '/usr/lib/locale/locale-archive'), 0],
  ['a shared file does not count', mapping('rw-s', '/var/lib/data'), 0],
  [
    'the data of a library that was written to counts whole',
    mapping('rw-p', '/lib/libc.so.6', { offset: '001d0000', anonymous: 8 }),
    1,
  ],
  [
    'of a library that nobody has written to, the start counts',
    mapping('r--p', '/lib/libc.so.6') + mapping('r-xp', '/lib/libc.so.6', { offset: '00100000' }),
    1,
  ],
] as const) {
  test(`the size of a core: ${what}`, () => assert.equal(megabytesOf(text), megabytes));
}

test('the size of a core follows the dump filter of the process', () => {
  const all =
    mapping('rw-p', '') + mapping('rw-s', '/dev/zero (deleted)') + mapping('r--p', '/a') + mapping('r--s', '/b');
  assert.deepEqual(
    [0x00, 0x01, 0x03, 0x07, 0x0f].map((filter) => megabytesOf(all, filter)),
    [0, 1, 2, 3, 4],
  );
});

test('a path with blanks and a mapping without flags, as old kernels have it, are read', () => {
  const [found] = parseMappings(mapping('r-xp', '/opt/my app/lib x.so').replace(/^VmFlags.*\n/m, ''));
  assert.deepEqual(
    { path: found?.path, isExecutable: found?.isExecutable, size: found?.size, flags: [...(found?.flags ?? [])] },
    { path: '/opt/my app/lib x.so', isExecutable: true, size: megabyte, flags: [] },
  );
});

test('a process that has gone has no mappings', () => assert.deepEqual(parseMappings(''), []));

test('a larger core takes longer', () => assert.ok(estimatePause(2 ** 32) > estimatePause(2 ** 31)));
