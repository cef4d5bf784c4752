/**
 * Compresses the values in a journal file with LZ4, which the journald of this host reads but no longer uses. Objects are found
 * by their offsets, so each stays where it is and only becomes shorter; journalctl reads what comes out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { compressedWith, incompatible, objectType } from '../../../../../src/monitors/logs/journal/format/layout.ts';
import { objectsOf } from '../../../../support/journal-objects.ts';

/** As in journald: of what is shorter, little is gained. */
const shortest = 512;

/** Rewrites a file whose values are not compressed; returns how many values it compressed. */
export function recompressWithLz4(path: string, most = Number.POSITIVE_INFINITY): number {
  const file = readFileSync(path);
  let count = 0;
  for (const { offset, type, size } of objectsOf(file)) {
    if (type !== objectType.data) continue;
    const start = offset + payloadAt(file);
    const payload = file.subarray(start, offset + size);
    if (payload.length < shortest || count >= most) continue;
    const packed = compressSizedLz4(payload);
    if (packed.length >= payload.length) continue;
    packed.copy(file, start);
    file[offset + 1] = compressedWith.lz4;
    file.writeBigUInt64LE(BigInt(payloadAt(file) + packed.length), offset + 8);
    count++;
  }
  file.writeUInt32LE(file.readUInt32LE(12) | incompatible.lz4, 12);
  writeFileSync(path, file);
  return count;
}

function payloadAt(file: Buffer): number {
  return (file.readUInt32LE(12) & incompatible.compact) === 0 ? 64 : 72;
}

/** The length of what comes out stands before the block. */
function compressSizedLz4(input: Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(input.length));
  return Buffer.concat([size, compressLz4(input)]);
}

/** An LZ4 block in which each match is the latest of four equal bytes. */
export function compressLz4(input: Buffer): Buffer {
  const parts: Buffer[] = [];
  const seen = new Map<number, number>();
  let literalsFrom = 0;
  // The last match must begin twelve bytes before the end at the latest, and the last five bytes be literals.
  for (let at = 0; at + 12 < input.length; ) {
    const four = input.readUInt32LE(at);
    const found = seen.get(four);
    seen.set(four, at);
    if (found === undefined || at - found > 65535) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < input.length - 5 && input[found + length] === input[at + length]) length++;
    parts.push(sequence(input.subarray(literalsFrom, at), { distance: at - found, length }));
    at += length;
    literalsFrom = at;
  }
  return Buffer.concat([...parts, sequence(input.subarray(literalsFrom))]);
}

function sequence(literals: Buffer, match?: { distance: number; length: number }): Buffer {
  const matchLength = match ? match.length - 4 : 0;
  const token = Buffer.from([(Math.min(literals.length, 15) << 4) | Math.min(matchLength, 15)]);
  const head = [token, moreLength(literals.length), literals];
  if (!match) return Buffer.concat(head);
  const distance = Buffer.from([match.distance & 255, match.distance >> 8]);
  return Buffer.concat([...head, distance, moreLength(matchLength)]);
}

/** What of a length does not fit into four bits. */
function moreLength(length: number): Buffer {
  if (length < 15) return Buffer.alloc(0);
  const rest = length - 15;
  return Buffer.concat([Buffer.alloc(Math.floor(rest / 255), 255), Buffer.from([rest % 255])]);
}
