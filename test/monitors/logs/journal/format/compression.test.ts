import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { decompress } from '../../../../../src/monitors/logs/journal/format/compression.ts';
import { JournalFileError } from '../../../../../src/monitors/logs/journal/format/error.ts';
import { compressedWith } from '../../../../../src/monitors/logs/journal/format/layout.ts';
import { decompressLz4 } from '../../../../../src/monitors/logs/journal/format/lz4.ts';
import { randomFrom } from '../../../../support/random.ts';
import { compressLz4 } from './recompress.ts';

/** Texts, noise, and what repeats itself at all distances. */
function samples(seed: number, count: number): Buffer[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const parts: Buffer[] = [];
    for (let part = 0; part < 1 + random() * 20; part++) {
      const noise = Buffer.from(Array.from({ length: 1 + random() * 300 }, () => random() * 256));
      const earlier = parts[Math.floor(random() * parts.length)] ?? noise;
      parts.push(random() < 0.4 ? noise : random() < 0.7 ? earlier : Buffer.alloc(1 + random() * 5000, noise));
    }
    return Buffer.concat(parts);
  });
}

/** A buffer for what may come out, no longer than it is. */
const roomFor = (input: Buffer): Buffer => Buffer.alloc(input.length);

test('an LZ4 block gives what was compressed, matches that overlap themselves included', () => {
  // One literal and a match of distance 1, then five literals; then a literal longer than its four bits.
  assert.equal(
    decompressLz4(Buffer.from('1a610100506263646566', 'hex'), Buffer.alloc(20)).toString(),
    `${'a'.repeat(15)}bcdef`,
  );
  for (const sample of samples(1, 50)) assert.deepEqual(decompressLz4(compressLz4(sample), roomFor(sample)), sample);
});

test('an LZ4 block gives no more than there is room for', () => {
  const packed = compressLz4(Buffer.alloc(100_000, 'abc'));
  assert.equal(decompressLz4(packed, Buffer.alloc(1000)).toString(), `${'abc'.repeat(333)}a`);
});

const unpackZstd = (input: Buffer): Buffer => decompress(input, compressedWith.zstd);

test('of a frame of zstd the first 16 MiB are given, and one that gives far more is refused', () => {
  const text = Buffer.alloc(20_000_000, 'abc');
  assert.ok(unpackZstd(zstdCompressSync(text)).equals(text.subarray(0, 16 << 20)));
  assert.throws(() => unpackZstd(zstdCompressSync(Buffer.alloc(80 << 20))), JournalFileError);
});

test('a frame of zstd that wants 128 MiB of memory is refused', () => {
  const params = { [constants.ZSTD_c_windowLog]: 27 };
  const greedy = zstdCompressSync(Buffer.alloc(1000, 'abc'), { params });
  // Without its size in the header the window stands there.
  greedy[4] = 0;
  assert.throws(() => unpackZstd(greedy), JournalFileError);
});

test('whatever is done to compressed values, decompressing them ends with some bytes or a JournalFileError', () => {
  const random = randomFrom(4);
  const [sample] = samples(5, 1) as [Buffer];
  const ways = [
    { packed: compressLz4(sample), unpack: (input: Buffer) => decompressLz4(input, Buffer.alloc(1 << 16)) },
    { packed: zstdCompressSync(sample), unpack: unpackZstd },
  ];
  for (let round = 0; round < 3000; round++)
    for (const { packed, unpack } of ways) {
      const damaged = Buffer.from(packed.subarray(0, random() < 0.3 ? random() * packed.length : packed.length));
      for (let flips = 0; flips < 1 + random() * 4; flips++)
        damaged[Math.floor(random() * damaged.length)] = random() * 256;
      try {
        assert.ok(unpack(damaged).length <= 16 << 20);
      } catch (error) {
        if (!(error instanceof JournalFileError)) throw error;
      }
    }
});
