import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countNewlines, finder, vectorBuffer } from '../../../../src/monitors/logs/matching/vectors.ts';
import { randomFrom } from '../../../support/random.ts';

const size = 4096;
const buffer = vectorBuffer(size);

test('this machine has vectors', () => {
  assert.notEqual(buffer.buffer.byteLength, size, 'the buffer is in a memory of whole pages');
});

test('a text is found where Buffer.indexOf finds it, and newlines are counted, in twenty thousand random places', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 20_000; round++) {
    // Few different bytes: beginnings of the text are everywhere.
    const letters = [...'ab\n\0'].slice(0, 2 + below(3)).map((letter) => letter.charCodeAt(0));
    const start = below(40);
    const chunk = buffer.subarray(start, start + below(200));
    for (let at = 0; at < chunk.length; at++) chunk[at] = letters[below(letters.length)] as number;
    const needle = Buffer.from(Array.from({ length: below(8) }, () => letters[below(letters.length)] as number));
    // What stands behind the chunk is not in it.
    needle.copy(buffer, start + chunk.length);
    const from = below(chunk.length + 2);
    const expected = chunk.indexOf(needle, from);
    assert.equal(finder(needle)(chunk, from), expected, `seed ${seed}, round ${round}`);
    const length = below(chunk.length + 1);
    const count = chunk.subarray(0, length).filter((byte) => byte === 10).length;
    assert.equal(countNewlines(chunk, length), count, `seed ${seed}, round ${round}`);
  }
});

test('however many newlines there are in a row, they are counted', () => {
  const large = vectorBuffer(20_000).fill('\n');
  for (const length of [4079, 4080, 4081, 8160, 8192, 19_999]) assert.equal(countNewlines(large, length), length);
});

test('a text at the very end of the buffer is found, and a longer one than the rest of it is not', () => {
  buffer.fill(0x20);
  buffer.write('needle', size - 6);
  assert.equal(finder(Buffer.from('needle'))(buffer, 0), size - 6);
  assert.equal(finder(Buffer.from('needles'))(buffer, 0), -1);
  const long = Buffer.alloc(2000, 'x');
  long.copy(buffer, 100);
  assert.equal(finder(long)(buffer, 0), 100);
});

test('bytes of any value are found', () => {
  for (let byte = 0; byte < 256; byte++) {
    buffer.fill(byte ^ 0xff);
    buffer[3000] = byte;
    buffer[3001] = byte;
    assert.equal(finder(Buffer.from([byte, byte]))(buffer, 0), 3000);
  }
});
