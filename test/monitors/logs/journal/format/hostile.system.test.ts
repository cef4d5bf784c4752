/** Damaged and hostile journal files: reading one gives entries or a JournalFileError. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { JournalFile, JournalFileError } from '../../../../../src/monitors/logs/journal/format/journal-file.ts';
import { objectType } from '../../../../../src/monitors/logs/journal/format/layout.ts';
import { compileSelection } from '../../../../../src/monitors/logs/journal/selection/selection.ts';
import { newFolder } from '../../../../support/folder.ts';
import type { StoredObject } from '../../../../support/journal-objects.ts';
import { objectsOf } from '../../../../support/journal-objects.ts';
import { randomBelow, seedsFor } from '../../../../support/random.ts';
import type { FileForm } from '../writing-journals.ts';
import { allForms, nameOfForm, variedEntries, writeJournal } from '../writing-journals.ts';
import { recompressWithLz4 } from './recompress.ts';

const rounds = 12;
const entries = 60;

const selection = compileSelection(['nginx', 'PRIORITY=3']);

/** Reads all that can be read; returns how many entries that were, or the error that ended it. */
function readAll(path: string): number | JournalFileError {
  let file: JournalFile | undefined;
  let count = 0;
  try {
    file = JournalFile.open(path);
    file.readEntries(0, (entry) => {
      entry.cursor();
      entry.values('MESSAGE');
      selection.accepts(entry);
      return ++count > 0;
    });
    for (const ordinal of [count - 1, 0]) file.entryAt(ordinal)?.values('BLOB');
    return count;
  } catch (error) {
    if (error instanceof JournalFileError) return error;
    throw error;
  } finally {
    file?.close();
  }
}

/** Something that no journald writes, somewhere where it is likely to be read. */
function damage(whole: Buffer, objects: StoredObject[], below: (limit: number) => number): Buffer {
  const file = Buffer.from(whole);
  const extremes = [0n, 1n, 8n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, BigInt(whole.length), 2n ** 31n - 8n];
  const one = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const ways = [
    // A bit of the header, or of anything.
    () => (file[below(272)] = below(256)),
    () => {
      const at = below(file.length);
      file[at] = (file[at] as number) ^ (1 << below(8));
    },
    // A number, or the offset of another object, in an object that is in use.
    () => {
      const { offset, size } = one(objects);
      file.writeBigUInt64LE(one(extremes), offset + 8 * below(Math.min(16, Math.floor(size / 8))));
    },
    () => {
      const { offset, size } = one(
        objects.filter(({ type }) => type === objectType.entryArray || type === objectType.entry),
      );
      const at = offset + 16 + 4 * below(Math.floor((size - 16) / 4));
      file.writeUInt32LE(one(objects).offset, at);
    },
    () => file.writeBigUInt64LE(one(extremes), 88 + 8 * below(16)),
  ];
  for (let times = 0; times <= below(4); times++) one(ways)();
  return below(4) === 0 ? file.subarray(0, below(file.length)) : file;
}

/** Without the space that is kept for what comes later: smaller files are written sooner. */
function withoutRoom(file: Buffer, objects: StoredObject[]): Buffer {
  const { offset, size } = objects.at(-1) as StoredObject;
  const end = Math.ceil((offset + size) / 8) * 8;
  file.writeBigUInt64LE(BigInt(end) - file.readBigUInt64LE(88), 96);
  return file.subarray(0, end);
}

function fuzz(t: TestContext, seed: number, form: FileForm, { withLz4 = false } = {}): void {
  const path = writeJournal(newFolder(t), variedEntries(seed, entries), form);
  const objects = objectsOf(readFileSync(path));
  if (withLz4) recompressWithLz4(path, 20);
  const whole = withoutRoom(readFileSync(path), objects);
  writeFileSync(path, whole);
  assert.equal(readAll(path), entries);
  const below = randomBelow(seed);
  let refused = 0;
  // About every second time what is damaged is not read.
  for (let round = 0; round < rounds || refused < 2; round++) {
    assert.ok(round < 10 * rounds, `${round} rounds, ${refused} of them refused`);
    writeFileSync(path, damage(whole, objects, below));
    if (readAll(path) !== entries) refused++;
  }
}

for (const seed of seedsFor(1)) {
  for (const form of allForms)
    test(`a damaged ${nameOfForm(form)} file gives entries or a JournalFileError (RIG_TEST_SEED ${seed})`, (t) =>
      fuzz(t, seed, form));

  test(`a damaged file with lz4 gives entries or a JournalFileError (RIG_TEST_SEED ${seed})`, (t) =>
    fuzz(t, seed, { isCompact: true, hasKeyedHash: true, isCompressed: false }, { withLz4: true }));
}

for (const isCompact of [true, false])
  test(`a list of entries that leads back to itself is refused (${isCompact ? 'compact' : 'regular'})`, (t) => {
    const form = { isCompact, hasKeyedHash: true, isCompressed: false };
    const path = writeJournal(newFolder(t), variedEntries(1, 300), form);
    const file = readFileSync(path);
    const first = file.readBigUInt64LE(176);
    const second = file.readBigUInt64LE(Number(first) + 16);
    assert.notEqual(second, 0n);
    for (const [at, target] of [
      [first, first],
      [second, first],
      [second, second],
    ] as const) {
      const looped = Buffer.from(file);
      looped.writeBigUInt64LE(target, Number(at) + 16);
      writeFileSync(path, looped);
      const result = readAll(path);
      assert.ok(result instanceof JournalFileError && /list of entries/.test(result.message), String(result));
    }
  });

for (const isCompressed of [true, false])
  test(`an entry that names one value of 8 MB ten thousand times is refused (${isCompressed ? 'zstd' : 'plain'})`, (t) => {
    const form = { isCompact: true, hasKeyedHash: true, isCompressed };
    const path = writeJournal(newFolder(t), [[['MESSAGE', Buffer.alloc(8_000_000, 'abc')]]], form);
    writeFileSync(path, withRepeatedItem(readFileSync(path), 10_000));
    const result = readAll(path);
    assert.ok(result instanceof JournalFileError && /more than .* of values/.test(result.message), String(result));
  });

test('a long value that many entries name is decompressed once', (t) => {
  const value = Buffer.alloc(1 << 20, 'abc');
  const path = writeJournal(
    newFolder(t),
    Array.from({ length: 20 }, (_, number) => [
      ['MESSAGE', value],
      ['OTHER', `${number}${'x'.repeat(1000)}`],
    ]),
  );
  const file = JournalFile.open(path);
  const memory = new Set<ArrayBufferLike>();
  const count = file.readEntries(0, (entry) => {
    const [message] = entry.values('MESSAGE');
    assert.equal(message?.length, value.length);
    memory.add(message.buffer);
    return true;
  });
  file.close();
  assert.deepEqual([count, memory.size], [20, 1]);
});

/** A compact file whose one entry is replaced by one that has its longest value many times. */
function withRepeatedItem(file: Buffer, times: number): Buffer {
  const objects = objectsOf(file);
  const entry = objects.find(({ type }) => type === objectType.entry);
  const datas = objects.filter(({ type }) => type === objectType.data).sort((one, other) => other.size - one.size);
  const long = datas[0]?.offset;
  assert.ok(entry && long);
  const end = Number(file.readBigUInt64LE(88) + file.readBigUInt64LE(96));
  const added = Buffer.alloc(64 + 4 * times);
  file.copy(added, 0, entry.offset, entry.offset + 64);
  added.writeBigUInt64LE(BigInt(added.length), 8);
  for (let item = 0; item < times; item++) added.writeUInt32LE(long, 64 + 4 * item);
  const changed = Buffer.concat([file.subarray(0, end), added]);
  changed.writeBigUInt64LE(changed.readBigUInt64LE(96) + BigInt(added.length), 96);
  const list = Number(changed.readBigUInt64LE(176));
  changed.writeUInt32LE(end, list + 24);
  return changed;
}
