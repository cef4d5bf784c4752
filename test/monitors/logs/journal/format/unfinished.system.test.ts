/** Journal files as they may look while journald is writing them. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { JournalFile, JournalFileError } from '../../../../../src/monitors/logs/journal/format/journal-file.ts';
import { objectType } from '../../../../../src/monitors/logs/journal/format/layout.ts';
import { newFolder } from '../../../../support/folder.ts';
import { objectsOf } from '../../../../support/journal-objects.ts';
import { allForms, nameOfForm, writeJournal } from '../writing-journals.ts';

const online = 1;
const stateAt = 16;
/** All of an object that decides how it is read. */
const objectBytes = 64;

/** A file of two entries that is being written to, one object of which is not there until `complete` is called. */
function startWriting(t: TestContext, path: string, missing: (file: Buffer) => number) {
  const whole = readFileSync(path);
  const at = missing(whole);
  const fd = openSync(path, 'r+');
  t.after(() => closeSync(fd));
  writeSync(fd, Buffer.from([online]), 0, 1, stateAt);
  writeSync(fd, Buffer.alloc(objectBytes), 0, objectBytes, at);
  const file = JournalFile.open(path);
  t.after(() => file.close());
  const messages: string[] = [];
  const readFrom = (ordinal: number): number =>
    file.readEntries(ordinal, (entry) => messages.push(...entry.values('MESSAGE').map(String)) > 0);
  const isCorrupt = (error: unknown): boolean => error instanceof JournalFileError && error.kind === 'corrupt';
  return { messages, readFrom, isCorrupt, complete: () => writeSync(fd, whole, at, objectBytes, at) };
}

const lastEntry = (file: Buffer): number =>
  objectsOf(file).findLast(({ type }) => type === objectType.entry)?.offset as number;
const lastMessage = (file: Buffer): number =>
  objectsOf(file).findLast(({ offset }) => offset < file.indexOf('MESSAGE=second'))?.offset as number;

for (const form of allForms.filter(({ hasKeyedHash, isCompressed }) => hasKeyedHash && !isCompressed))
  for (const [what, missing] of [
    ['an entry that', lastEntry],
    ['an entry whose message', lastMessage],
  ] as const)
    test(`${what} is not complete yet ends the reading, and is read when it is (${nameOfForm(form)})`, (t) => {
      const path = writeJournal(newFolder(t), [[['MESSAGE', 'first']], [['MESSAGE', 'second']]], form);
      const { messages, readFrom, isCorrupt, complete } = startWriting(t, path, missing);
      assert.throws(() => readFrom(0), isCorrupt);
      assert.throws(() => readFrom(1), isCorrupt);
      complete();
      assert.equal(readFrom(1), 2);
      assert.deepEqual(messages, ['first', 'second']);
    });
