import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExportedEntry } from '../../../../../src/monitors/logs/journal/journalctl/export.ts';
import { ExportParser } from '../../../../../src/monitors/logs/journal/journalctl/export.ts';

function binary(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
}

/** What the parser makes of an output that comes in portions of a size. */
function parse(output: Buffer, portionBytes = output.length): ExportedEntry[] {
  const entries: ExportedEntry[] = [];
  const parser = new ExportParser((entry) => entries.push(entry));
  for (let at = 0; at < output.length; at += portionBytes) parser.push(output.subarray(at, at + portionBytes));
  return entries;
}

const plain = (entries: ExportedEntry[]): Array<Record<string, string[]>> =>
  entries.map(({ fields }) =>
    Object.fromEntries([...fields].map(([name, values]) => [name, values.map((value) => value.toString('latin1'))])),
  );

const output = Buffer.concat([
  Buffer.from('__CURSOR=a\nMESSAGE=one\nMESSAGE=two=2\n_PID=1\n\n'),
  binary('MESSAGE', Buffer.from('line\n\nline\xff\x00', 'latin1')),
  Buffer.from('__CURSOR=b\n\n__CURSOR=c\nMESSAGE=\n\n'),
  binary('MESSAGE', Buffer.alloc(0)),
  Buffer.from('\n__CURSOR=cut off\nMESSAGE=x'),
]);
const expected = [
  { __CURSOR: ['a'], MESSAGE: ['one', 'two=2'], _PID: ['1'] },
  { MESSAGE: ['line\n\nline\xff\x00'], __CURSOR: ['b'] },
  { __CURSOR: ['c'], MESSAGE: [''] },
  { MESSAGE: [''] },
];

test('text, binary, repeated and empty fields are read, and an entry that was cut off is not given', () => {
  assert.deepEqual(plain(parse(output)), expected);
});

test('it does not matter how the output is cut into portions', () => {
  for (let portion = 1; portion < 40; portion++) assert.deepEqual(plain(parse(output, portion)), expected);
});

test('an entry that was left off in the middle is not given, nor is any of it taken for a part of the next', () => {
  const left = Buffer.concat([Buffer.from('__CURSOR=a\n_PID=1\n'), binary('MESSAGE', Buffer.from('\n'))]);
  const entries = parse(Buffer.concat([left, Buffer.from('__CURSOR=b\nMESSAGE=two\n\n')]));
  assert.deepEqual(plain(entries), [{ __CURSOR: ['b'], MESSAGE: ['two'] }]);
});

test('of a huge field 16 MiB are kept, and the next field is found', () => {
  const entries = parse(
    Buffer.concat([binary('MESSAGE', Buffer.alloc(20 << 20, 'x')), Buffer.from('_PID=7\n\n')]),
    65536,
  );
  assert.equal(entries[0]?.fields.get('MESSAGE')?.[0]?.length, 16 << 20);
  assert.equal(entries[0]?.fields.get('_PID')?.[0]?.toString(), '7');
});
