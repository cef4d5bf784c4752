/** Journal files read by rig and by journalctl: the same entries, the same values. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { JournalEntry } from '../../../../../src/monitors/logs/journal/entry.ts';
import { FieldChecks } from '../../../../../src/monitors/logs/journal/format/field-checks.ts';
import type { StoredEntry } from '../../../../../src/monitors/logs/journal/format/journal-file.ts';
import { JournalFile, JournalFileError } from '../../../../../src/monitors/logs/journal/format/journal-file.ts';
import { compressedWith, incompatible } from '../../../../../src/monitors/logs/journal/format/layout.ts';
import { newFolder } from '../../../../support/folder.ts';
import { startHost } from '../../../../support/host.ts';
import { objectsOf } from '../../../../support/journal-objects.ts';
import { seedsFor } from '../../../../support/random.ts';
import type { Field } from '../writing-journals.ts';
import { allForms, nameOfForm, readByJournalctl, variedEntries, writeJournal } from '../writing-journals.ts';
import { recompressWithLz4 } from './recompress.ts';

const count = 300;
const seed = 1;

/** All that is compared of an entry: what both readers say of it. */
interface Compared {
  cursor: string;
  times: Array<number | string>;
  values: Record<string, Buffer[]>;
}

/** Those of `variedEntries`. */
const variedFields = [
  'MESSAGE',
  'PRIORITY',
  'SYSLOG_IDENTIFIER',
  '_PID',
  '_UID',
  '_SYSTEMD_UNIT',
  '_SYSTEMD_SLICE',
  'UNIT',
  'COREDUMP_UNIT',
  'OBJECT_SYSTEMD_UNIT',
  'MESSAGE_ID',
  'BLOB',
];

function compared(entry: JournalEntry, fields = variedFields): Compared {
  const values = Object.fromEntries(fields.map((field) => [field, entry.values(field)]));
  return { cursor: entry.cursor(), times: [entry.realtimeUs, entry.monotonicUs, entry.bootId], values };
}

function open(t: TestContext, path: string): JournalFile {
  const file = JournalFile.open(path);
  t.after(() => file.close());
  return file;
}

function readAll(t: TestContext, path: string, fields = variedFields): Compared[] {
  const entries: Compared[] = [];
  const file = open(t, path);
  const next = file.readEntries(0, (entry) => entries.push(compared(entry, fields)) > 0);
  assert.equal(next, file.header.entries);
  return entries;
}

function assertSame(t: TestContext, path: string, expected: number): void {
  const ours = readAll(t, path);
  assert.equal(ours.length, expected);
  assert.deepEqual(
    ours,
    readByJournalctl(path).map((entry) => compared(entry)),
  );
}

for (const each of seedsFor(1))
  for (const form of allForms)
    test(`a ${nameOfForm(form)} file has the entries that journalctl shows (RIG_TEST_SEED ${each})`, (t) => {
      assertSame(t, writeJournal(newFolder(t), variedEntries(each, count), form), count);
    });

for (const form of allForms.filter(({ isCompressed }) => !isCompressed))
  test(`a ${nameOfForm(form, 'lz4')} file has the entries that journalctl shows`, (t) => {
    const path = writeJournal(newFolder(t), variedEntries(seed, count), form);
    assert.ok(recompressWithLz4(path) > 20);
    assertSame(t, path, count);
  });

test('a file with XZ is refused as unsupported', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 3));
  const file = readFileSync(path);
  file.writeUInt32LE(file.readUInt32LE(12) | incompatible.xz, 12);
  writeFileSync(path, file);
  assert.throws(
    () => JournalFile.open(path),
    (error) => error instanceof JournalFileError && error.kind === 'unsupported' && /XZ/.test(error.message),
  );
});

const of247 = new URL('./fixtures/systemd-247/', import.meta.url);
const [lz4Flag, keyedFlag] = [2, 4];
for (const [name, flags] of [
  ['lz4', lz4Flag | keyedFlag],
  ['plain', 0],
] as const)
  test(`a file that the journald of systemd 247 wrote has the entries that journalctl shows (${name})`, (t) => {
    const path = join(newFolder(t), `${name}.journal`);
    const content = gunzipSync(readFileSync(new URL(`${name}.journal.gz`, of247)));
    writeFileSync(path, content);
    assert.equal(content.readUInt32LE(12), flags);
    const compressed = objectsOf(content).filter(({ offset }) => content[offset + 1] === compressedWith.lz4);
    assert.equal(compressed.length > 20, name === 'lz4', String(compressed.length));
    const shown = readByJournalctl(path);
    const fields = [...new Set(shown.flatMap((entry) => [...entry.fields.keys()]))].filter(
      (each) => !each.startsWith('__'),
    );
    assert.ok(fields.includes('BLOB') && fields.includes('_TRANSPORT'), fields.join());
    assert.ok(shown.some((entry) => entry.values('MESSAGE').length > 1));
    assert.equal(shown.length, 303);
    assert.deepEqual(
      readAll(t, path, fields),
      shown.map((entry) => compared(entry, fields)),
    );
  });

test('messages of 10 MB are read, and of one of 20 MB the first 16 MiB', (t) => {
  for (const isCompressed of [true, false]) {
    const long = (bytes: number): Field[] => [['MESSAGE', Buffer.alloc(bytes, 'a long line\n')]];
    const entries = [long(10_000_000), long(20_000_000), [['MESSAGE', 'end']] satisfies Field[]];
    const path = writeJournal(newFolder(t), entries, { isCompact: true, hasKeyedHash: true, isCompressed });
    const [first, second, third] = readAll(t, path).map(({ values }) => values.MESSAGE?.[0]);
    assert.ok(first?.equals(Buffer.alloc(10_000_000, 'a long line\n')));
    const cut = second?.length ?? 0;
    assert.ok(cut > 15 << 20 && cut <= 16 << 20, String(cut));
    assert.ok(second?.equals(Buffer.alloc(20_000_000, 'a long line\n').subarray(0, cut)));
    assert.equal(third?.toString(), 'end');
  }
});

test('the header has the numbers and times of the first and the last entry', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 20));
  const file = open(t, path);
  const entries: Array<{ seqnum: number; realtimeUs: number }> = [];
  file.readEntries(0, ({ seqnum, realtimeUs }) => entries.push({ seqnum, realtimeUs }) > 0);
  const { header } = file;
  assert.deepEqual(entries[0], { seqnum: header.headSeqnum, realtimeUs: header.headRealtimeUs });
  assert.deepEqual(entries.at(-1), { seqnum: header.tailSeqnum, realtimeUs: header.tailRealtimeUs });
});

test('entries are read from any one on, until one is not taken', (t) => {
  const file = open(t, writeJournal(newFolder(t), variedEntries(seed, 200)));
  const read = (from: number, until = 1000): { ordinals: number[]; next: number } => {
    const ordinals: number[] = [];
    const take = ({ ordinal }: StoredEntry): boolean => ordinal < until && ordinals.push(ordinal) > 0;
    return { next: file.readEntries(from, take), ordinals };
  };
  assert.deepEqual(read(195), { ordinals: [195, 196, 197, 198, 199], next: 200 });
  assert.deepEqual(read(100, 102), { ordinals: [100, 101], next: 102 });
  assert.deepEqual(read(200), { ordinals: [], next: 200 });
});

test('an entry is found by its ordinal, in any order', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 200));
  const cursors = readAll(t, path).map(({ cursor }) => cursor);
  const file = open(t, path);
  for (const ordinal of [199, 0, 57, 3, 198, 4, 199]) assert.equal(file.entryAt(ordinal)?.cursor(), cursors[ordinal]);
  assert.equal(file.entryAt(200), undefined);
  assert.equal(file.entryAt(-1), undefined);
});

test('a value that many entries have is tested once, and each of them passes', (t) => {
  const entries: Field[][] = Array.from({ length: 1000 }, (_, index) => [
    ['MESSAGE', index % 3 === 0 ? 'needle' : 'hay'],
  ]);
  const file = open(t, writeJournal(newFolder(t), entries));
  let asked = 0;
  const isNeedle = (value: Buffer): boolean => {
    asked++;
    return value.toString() === 'needle';
  };
  const checks = new FieldChecks([
    { field: 'OTHER', test: () => true },
    { field: 'MESSAGE', test: isNeedle },
  ]);
  const passed: number[] = [];
  file.readEntries(0, (entry) => passed.push(entry.check(checks)) > 0);
  assert.deepEqual(
    passed,
    entries.map((_, index) => (index % 3 === 0 ? 2 : 0)),
  );
  assert.equal(asked, 2);
});

test('what is no regular file is refused, and a link is not followed', (t) => {
  const folder = newFolder(t);
  mkdirSync(join(folder, 'folder.journal'));
  assert.throws(() => JournalFile.open(join(folder, 'folder.journal')), JournalFileError);
  symlinkSync(writeJournal(folder, variedEntries(seed, 1)), join(folder, 'link.journal'));
  assert.throws(() => JournalFile.open(join(folder, 'link.journal')), { code: 'ELOOP' });
  assert.throws(() => JournalFile.open(join(folder, 'missing.journal')), { code: 'ENOENT' });
});

test('a file with a flag that is not known is refused as unsupported, one without a header as unfinished', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 1));
  const flagged = readFileSync(path);
  flagged.writeUInt32LE(flagged.readUInt32LE(12) | 64, 12);
  for (const [content, kind] of [
    [flagged, 'unsupported'],
    [Buffer.alloc(0), 'unfinished'],
    [Buffer.alloc(4096), 'unfinished'],
    [Buffer.alloc(4096, 'text'), 'corrupt'],
  ] as const) {
    writeFileSync(path, content);
    assert.throws(() => JournalFile.open(path), { name: 'JournalFileError', kind, message: /written\.journal: / });
  }
});

test('a header that is shorter, as older systemd wrote it, is read', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 100), {
    isCompact: false,
    hasKeyedHash: false,
    isCompressed: true,
  });
  const expected = readAll(t, path);
  const file = readFileSync(path);
  // The rest of the header becomes a part of the file that nothing points to.
  const cut = Number(file.readBigUInt64LE(88)) - 208;
  file.writeBigUInt64LE(208n, 88);
  file.writeBigUInt64LE(file.readBigUInt64LE(96) + BigInt(cut), 96);
  writeFileSync(path, file);
  assert.deepEqual(readAll(t, path), expected);
});

test('a file that was cut off gives what is left, and then a JournalFileError', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 200));
  const whole = open(t, path);
  truncateSync(path, Math.floor(readFileSync(path).length / 3));
  assert.throws(() => whole.refresh(), JournalFileError);
  assert.throws(() => JournalFile.open(path), JournalFileError);
});

test('a file whose header was refused counts as changed until it is read', (t) => {
  const path = writeJournal(newFolder(t), variedEntries(seed, 200));
  const content = readFileSync(path);
  const file = open(t, path);
  // A copy that has got half-way says how much there will be.
  writeFileSync(path, content.subarray(0, content.length / 2));
  assert.throws(() => file.refresh(), JournalFileError);
  assert.ok(file.hasChanged());
  writeFileSync(path, content);
  assert.ok(file.hasChanged());
  file.refresh();
  assert.ok(!file.hasChanged());
});

test('entries are read as the real journald writes them, also values that were there before', async (t) => {
  const host = await startHost(t, { binary: process.execPath });
  await host.startJournald();
  await host.journal('again');
  const folder = join('/run/log/journal', host.list('/run/log/journal')[0] as string);
  const file = open(t, host.outside(join(folder, 'system.journal')));
  let next = file.header.entries;
  for (const message of ['again', 'new', 'again', 'x'.repeat(5000)]) {
    await host.journal(message);
    file.refresh();
    const found: string[] = [];
    next = file.readEntries(next, (entry) => found.push(...entry.values('MESSAGE').map(String)) > 0);
    assert.ok(found.includes(message));
  }
  const copy = join(newFolder(t), 'system.journal');
  copyFileSync(host.outside(join(folder, 'system.journal')), copy);
  assert.deepEqual(
    readAll(t, copy),
    readByJournalctl(copy).map((entry) => compared(entry)),
  );
});
