/** Journal files with wrong bytes in them, whatever brought them there. RIG_TEST_DAMAGES=N makes more of them. */
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { DataTests } from '../../../src/monitors/logs/journal/native/data-tests.ts';
import { JournalFile, JournalFileError } from '../../../src/monitors/logs/journal/native/journal-file.ts';
import { randomBelow } from '../../support/random.ts';
import { makeFolder } from '../support.ts';
import { recompress } from './recompress.ts';
import { allForms, nameOfForm, variedEntries, writeJournal } from './writing-journals.ts';

const rounds = Number(process.env.RIG_TEST_DAMAGES ?? 300);
const seed = Number(process.env.RIG_TEST_SEED ?? Date.now() % 1_000_000);

const state = { at: 16, offline: 0, online: 1 };
const entriesAt = 152;
const entryArrayAt = 176;

/** A file that is damaged and mended in place, and how to read it. */
class Victim {
  readonly path: string;
  readonly original: Buffer;
  /** The end of what is written in the file: behind it are only zeros. */
  readonly used: number;
  readonly #fd: number;

  constructor(t: TestContext, path: string) {
    this.path = path;
    this.original = readFileSync(path);
    this.used = this.original.findLastIndex((byte) => byte !== 0) + 1;
    this.#fd = openSync(path, 'r+');
    t.after(() => closeSync(this.#fd));
  }

  write(bytes: Buffer, at: number): void {
    writeSync(this.#fd, bytes, 0, bytes.length, at);
  }

  writeNumber(value: number | bigint, at: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.write(bytes, at);
  }

  truncate(size: number): void {
    ftruncateSync(this.#fd, size);
  }

  mend(): void {
    if (statSync(this.path).size !== this.original.length) this.truncate(this.original.length);
    this.write(this.original, 0);
  }

  /** Reads all that can be read; how many entries that were, and with what it ended. */
  read(): { entries: number; error: unknown } {
    const tests = new DataTests([{ field: 'MESSAGE', test: (value) => value.includes('error') }]);
    let entries = 0;
    let file: JournalFile | undefined;
    try {
      file = JournalFile.open(this.path);
      file.readEntries(0, (entry) => {
        entry.matching(tests);
        for (const field of ['MESSAGE', '_PID']) entry.values(field);
        entry.cursor();
        return ++entries < 10_000;
      });
      return { entries, error: undefined };
    } catch (error) {
      return { entries, error };
    } finally {
      file?.close();
    }
  }
}

function assertExpected({ error }: { error: unknown }): void {
  if (error !== undefined && !(error instanceof JournalFileError)) throw error;
}

/** Where the objects of a file begin: what stands there decides about the rest. */
function objectsOf(file: Buffer): number[] {
  const found: number[] = [];
  for (let at = Number(file.readBigUInt64LE(88)); at + 16 <= file.length && file[at] !== 0; ) {
    found.push(at);
    at = Math.ceil((at + Number(file.readBigUInt64LE(at + 8))) / 8) * 8;
  }
  return found;
}

const victims = allForms
  .filter(({ hasKeyedHash }) => hasKeyedHash)
  .map((form) => ({ form, how: form.isCompressed ? undefined : ('lz4' as const) }));

for (const { form, how } of victims)
  test(`a damaged ${nameOfForm(form, how)} file gives some of its entries or a JournalFileError (seed ${seed}, ${rounds} times)`, (t) => {
    const path = writeJournal(makeFolder(t), variedEntries(seed, 60), form);
    if (how) recompress(path, how);
    const victim = new Victim(t, path);
    const objects = objectsOf(victim.original);
    const below = randomBelow(seed);
    const ends = { whole: 0, cut: 0 };
    for (let round = 0; round < rounds; round++) {
      const places: number[] = [];
      for (let count = 0; count <= below(4); count++) {
        const object = objects[below(objects.length)] as number;
        // In the header, at the beginning of an object, or anywhere.
        const place = [below(256), object + below(80), object + below(80), below(victim.used)][below(4)] as number;
        places.push(place);
        victim.write(Buffer.from([[0, 255, 1, below(256)][below(4)] as number]), place);
      }
      victim.write(Buffer.from([below(2) === 0 ? state.online : state.offline]), state.at);
      const found = victim.read();
      assertExpected(found);
      ends[found.entries === 60 ? 'whole' : 'cut']++;
      for (const place of places) victim.write(victim.original.subarray(place, place + 1), place);
    }
    victim.mend();
    assert.deepEqual(victim.read(), { entries: 60, error: undefined });
    assert.ok(ends.whole > rounds / 20 && ends.cut > rounds / 20, JSON.stringify(ends));
  });

test('a file that is cut off anywhere gives some of its entries or a JournalFileError', (t) => {
  const victim = new Victim(t, writeJournal(makeFolder(t), variedEntries(seed, 60)));
  const headerSize = Number(victim.original.readBigUInt64LE(88));
  const below = randomBelow(seed);
  for (let round = 0; round < 300; round++) {
    const size = below(victim.used);
    victim.truncate(size);
    // What the header says of its size may be as wrong as the rest.
    if (size > headerSize && below(2) === 0) victim.writeNumber(size - headerSize, 96);
    const found = victim.read();
    assertExpected(found);
    assert.ok(found.error !== undefined || found.entries < 60);
    victim.mend();
  }
});

test('lists of entries that lead back to themselves, or claim to be endless, end', (t) => {
  const victim = new Victim(t, writeJournal(makeFolder(t), variedEntries(seed, 60)));
  const first = Number(victim.original.readBigUInt64LE(entryArrayAt));
  for (const [value, at] of [
    [first, first + 16],
    [first - 8, first + 16],
    [2n ** 64n - 8n, first + 16],
    [2n ** 63n, first + 8],
    [24, first + 8],
    [first + 1, entryArrayAt],
    [2n ** 64n - 8n, entryArrayAt],
  ] as const) {
    victim.writeNumber(2n ** 64n - 1n, entriesAt);
    victim.writeNumber(value, at);
    const found = victim.read();
    assert.ok(found.error instanceof JournalFileError, String(found.error));
    assert.ok(found.entries <= 60);
    victim.mend();
  }
});

test('an entry that is not complete yet is given when it is, and not called corrupt before', (t) => {
  const victim = new Victim(t, writeJournal(makeFolder(t), variedEntries(seed, 60)));
  victim.write(Buffer.from([state.online]), state.at);
  const last = objectsOf(victim.original).findLast((offset) => victim.original[offset] === 3) as number;
  victim.write(Buffer.alloc(64), last);
  const file = JournalFile.open(victim.path);
  t.after(() => file.close());
  const read = (from: number): { ordinals: number[]; next: number } => {
    const ordinals: number[] = [];
    return { next: file.readEntries(from, ({ ordinal }) => ordinals.push(ordinal) > 0), ordinals };
  };
  assert.equal(read(0).next, 59);
  assert.deepEqual(read(59), { next: 59, ordinals: [] });
  victim.write(victim.original.subarray(last, last + 64), last);
  assert.deepEqual(read(59), { next: 60, ordinals: [59] });
});

test('of an entry whose value is not complete yet nothing is taken until it is', (t) => {
  const victim = new Victim(t, writeJournal(makeFolder(t), [[['MESSAGE', 'first']], [['MESSAGE', 'second']]]));
  victim.write(Buffer.from([state.online]), state.at);
  const value = objectWith(victim.original, 'MESSAGE=second');
  victim.write(Buffer.alloc(64), value);
  const file = JournalFile.open(victim.path);
  t.after(() => file.close());
  const messages: string[] = [];
  const take = (from: number): number =>
    file.readEntries(from, (entry) => messages.push(...entry.values('MESSAGE').map(String)) > 0);
  assert.equal(take(0), 1);
  victim.write(victim.original.subarray(value, value + 64), value);
  assert.equal(take(1), 2);
  assert.deepEqual(messages, ['first', 'second']);
});

/** Where the object begins that holds a text. */
function objectWith(file: Buffer, text: string): number {
  const at = file.indexOf(text);
  return objectsOf(file).findLast((offset) => offset < at) as number;
}
