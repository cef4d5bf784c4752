import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { JournalEntry } from '../../../src/monitors/logs/journal/entry.ts';
import { type EntryFinder, ProcessOfLine } from '../../../src/monitors/logs/process-of-line.ts';

const entry = (fields: Record<string, string>): JournalEntry => ({
  realtimeUs: Date.now() * 1000,
  monotonicUs: 0,
  bootId: '',
  cursor: () => '',
  values: (field) => (fields[field] === undefined ? [] : [Buffer.from(fields[field])]),
});

/** A journal that has one more entry at each look. */
function growing(...entries: JournalEntry[]): EntryFinder {
  let there = 0;
  return { findNewest: async (_sinceMs, isWanted) => entries.slice(0, there++).find(isWanted) };
}

const find = (journal: EntryFinder | undefined, line: string) =>
  new ProcessOfLine(journal).find({
    source: '/var/log/messages',
    line: Buffer.from(`Dec  1 00:00:00 ${hostname()} ${line}`),
    position: { cursor: '' },
    atMs: Date.now(),
  });

const twin = { MESSAGE: 'it hangs', SYSLOG_IDENTIFIER: 'app', _COMM: 'myapp', _PID: '7' };

test('the process is that of the entry with the same message and program, also where it comes later', async () => {
  const others = [
    { ...twin, MESSAGE: 'it hangs again' },
    { ...twin, SYSLOG_IDENTIFIER: 'other', _COMM: 'other' },
  ];
  const found = await find(growing(...others.map(entry), entry(twin)), 'app: it hangs');
  assert.equal(found?.pid, 7);
});

test('of equal messages, the pid in the line decides', async () => {
  const journal = growing(entry({ ...twin, _PID: '8' }), entry({ ...twin, SYSLOG_PID: '12', _PID: '7' }));
  assert.equal((await find(journal, 'app[12]: it hangs'))?.pid, 7);
});

test('a message of several lines is the same in the file', async () => {
  assert.equal((await find(growing(entry({ ...twin, MESSAGE: 'it\nhangs' })), 'app: it#012hangs'))?.pid, 7);
});

test('a kernel entry, which has no process, names none', async () => {
  assert.equal(await find(growing(entry({ MESSAGE: 'oops', SYSLOG_IDENTIFIER: 'kernel' })), 'kernel: oops'), undefined);
});

test('where the journal has no such entry, NAME[PID] does if that process has the name', async () => {
  const { pid, title } = process;
  assert.equal((await find(growing(), `node[${pid}]: it hangs`))?.pid, pid, title);
  assert.equal(await find(growing(), `other[${pid}]: it hangs`), undefined);
});

test('a line that is no syslog line names no process', async () => {
  assert.equal(await find(undefined, 'it hangs'), undefined);
});
