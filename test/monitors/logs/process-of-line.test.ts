import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import type { JournalEntry } from '../../../src/monitors/logs/journal/entry.ts';
import { type EntryFinder, ProcessOfLine } from '../../../src/monitors/logs/process-of-line.ts';
import { settled } from '../../../src/rig/records/trigger.ts';

const entry = (fields: Record<string, string>, agoMs = 0): JournalEntry => ({
  realtimeUs: (Date.now() - agoMs) * 1000,
  monotonicUs: 0,
  bootId: '',
  cursor: () => '',
  values: (field) => (fields[field] === undefined ? [] : [Buffer.from(fields[field])]),
});

/** A journal that has one more entry at each look. */
function growing(...entries: JournalEntry[]): EntryFinder {
  let there = 0;
  const since = (sinceMs: number) => entries.slice(0, there++).filter(({ realtimeUs }) => realtimeUs >= sinceMs * 1000);
  return { findFirst: async (sinceMs, isWanted) => since(sinceMs).find(isWanted) };
}

const logged = (line: string) => ({
  source: '/var/log/messages',
  line: Buffer.from(`${new Date().toISOString()} ${hostname()} ${line}`),
  position: { cursor: '' },
  atMs: Date.now(),
});

const find = (journal: EntryFinder | undefined, line: string) => new ProcessOfLine(journal).find(logged(line));

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

test('of equal messages without a pid, an older one is not taken while the own entry is still to come', async () => {
  const journal = growing(entry({ ...twin, _PID: '8' }, 2000), entry(twin));
  assert.equal((await find(journal, 'app: it hangs'))?.pid, 7);
});

test('of equal messages without a pid, one that came later is not taken', async () => {
  assert.equal((await find(growing(entry({ ...twin, _PID: '8' }, -2000)), 'app: it hangs'))?.pid, undefined);
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

test('NAME[PID] also does where a look at the journal never ends, and where many lines are searched for', async () => {
  const processes = new ProcessOfLine({ findFirst: () => new Promise(() => {}) });
  const lines = Array.from({ length: 10 }, () => logged(`node[${process.pid}]: it hangs`));
  const found = await Promise.all(lines.map((line) => settled(processes.find(line))));
  assert.deepEqual(new Set(found.map((each) => each?.pid)), new Set([process.pid]));
});

test('a line that is no syslog line names no process', async () => {
  assert.equal(await find(undefined, 'it hangs'), undefined);
});
