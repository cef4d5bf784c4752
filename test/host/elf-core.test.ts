import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCore } from '../../src/host/elf-core.ts';
import { newFolder } from '../support/folder.ts';

interface CoreOptions {
  bits: 32 | 64;
  little: boolean;
  /** Sizes of the segments that follow the headers. */
  segments: number[];
  /** Says the number of program headers in the first section header, as for more than 65,534 of them. */
  isExtended?: boolean;
  type?: number;
}

/** The bytes of a core file as elf(5) describes it, written down field by field. */
function makeCore({ bits, little, segments, isExtended = false, type = 4 }: CoreOptions): Buffer {
  const wide = bits === 64;
  const [headerSize, entrySize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40];
  const sectionsAt = headerSize + entrySize * segments.length;
  const dataAt = sectionsAt + sectionSize;
  const bytes = Buffer.alloc(dataAt + segments.reduce((sum, size) => sum + size, 0), 0xab).fill(0, 0, dataAt);
  const half = (at: number, value: number) =>
    little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const int = (at: number, value: number) => (little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  const word = (at: number, value: number) => {
    if (!wide) return int(at, value);
    return little ? bytes.writeBigUInt64LE(BigInt(value), at) : bytes.writeBigUInt64BE(BigInt(value), at);
  };
  bytes.write('\x7fELF', 0, 'latin1');
  bytes[4] = wide ? 2 : 1;
  bytes[5] = little ? 1 : 2;
  half(16, type);
  word(wide ? 32 : 28, headerSize); // e_phoff
  word(wide ? 40 : 32, sectionsAt); // e_shoff
  half(wide ? 54 : 42, entrySize); // e_phentsize
  half(wide ? 56 : 44, isExtended ? 0xffff : segments.length); // e_phnum
  int(sectionsAt + (wide ? 44 : 28), isExtended ? segments.length : 0); // sh_info
  let offset = dataAt;
  segments.forEach((size, index) => {
    const at = headerSize + index * entrySize;
    word(at + (wide ? 8 : 4), offset); // p_offset
    word(at + (wide ? 32 : 16), size); // p_filesz
    offset += size;
  });
  return bytes;
}

const kinds = [
  { bits: 64, little: true },
  { bits: 64, little: false },
  { bits: 32, little: true },
  { bits: 32, little: false },
] as const;

for (const kind of kinds) {
  const name = `${kind.bits}-bit ${kind.little ? 'little' : 'big'}-endian`;
  for (const isExtended of [false, true]) {
    const core = makeCore({ ...kind, segments: [100, 0, 5000], isExtended });
    const described = `${name} core${isExtended ? ' with the extended header count' : ''}`;

    test(`a ${described} with every byte is complete`, async (t) => {
      const path = join(newFolder(t), 'core');
      writeFileSync(path, core);
      assert.deepEqual(await checkCore(path), { complete: true });
    });

    test(`a ${described} without its last byte is incomplete`, async (t) => {
      const path = join(newFolder(t), 'core');
      writeFileSync(path, core.subarray(0, -1));
      assert.deepEqual(await checkCore(path), {
        complete: false,
        reason: `it has ${core.length - 1} bytes of ${core.length}`,
      });
    });
  }
}

const whole = makeCore({ bits: 64, little: true, segments: [100] });
const manySegments = makeCore({
  bits: 64,
  little: true,
  segments: Array.from({ length: 70_000 }, () => 1),
  isExtended: true,
});
const damaged: Array<[string, Buffer, string]> = [
  ['an empty file', Buffer.alloc(0), 'it ends within its ELF header'],
  ['a file whose header was never written', Buffer.alloc(4096), 'it has no ELF header'],
  ['a file cut within its header', whole.subarray(0, 40), 'it ends within its ELF header'],
  ['a file cut within its program headers', whole.subarray(0, 80), 'it ends within its program headers'],
  ['an executable', makeCore({ bits: 64, little: true, segments: [1], type: 2 }), 'it is not a core file'],
  ['a core without segments', makeCore({ bits: 64, little: true, segments: [] }), 'it has no program headers'],
  [
    'a core of 70,000 segments that lacks the last',
    manySegments.subarray(0, -1),
    `it has ${manySegments.length - 1} bytes of ${manySegments.length}`,
  ],
];

for (const [name, bytes, reason] of damaged) {
  test(`${name} is incomplete`, async (t) => {
    const path = join(newFolder(t), 'core');
    writeFileSync(path, bytes);
    assert.deepEqual(await checkCore(path), { complete: false, reason });
  });
}

test('a core of 70,000 segments with every byte is complete', async (t) => {
  const path = join(newFolder(t), 'core');
  writeFileSync(path, manySegments);
  assert.deepEqual(await checkCore(path), { complete: true });
});

test('a program header that points beyond any file makes a core incomplete', async (t) => {
  const path = join(newFolder(t), 'core');
  const bytes = Buffer.from(whole);
  bytes.writeBigUInt64LE(2n ** 64n - 1n, 64 + 8);
  writeFileSync(path, bytes);
  assert.equal((await checkCore(path)).complete, false);
});

test("a file that is not there is the caller's to deal with", async (t) => {
  await assert.rejects(checkCore(join(newFolder(t), 'core')), { code: 'ENOENT' });
});
