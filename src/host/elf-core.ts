/** Whether a core file is complete, by its headers: elf(5). */
import { type FileHandle, open } from 'node:fs/promises';

/** A core is complete, or it says what is missing. */
export type CoreCheck = { complete: true } | { complete: false; reason: string };

/** e_type of a core file. */
const ET_CORE = 4;
/** e_phnum when it is too small for the number of program headers: sh_info of the first section header has the number then. */
const PN_XNUM = 0xffff;
/** Program headers are read in pieces of about this size: a process may have millions of mappings. */
const pieceBytes = 64 * 1024;

/** Where the fields are, in bytes: files of 32 and 64 bits differ only in the size and order of fields. */
interface Layout {
  wordBytes: 4 | 8;
  header: { size: number; programOffset: number; sectionOffset: number; entrySize: number; entryCount: number };
  entry: { size: number; offset: number; fileSize: number };
  section: { size: number; info: number };
}

const layout32: Layout = {
  wordBytes: 4,
  header: { size: 52, programOffset: 28, sectionOffset: 32, entrySize: 42, entryCount: 44 },
  entry: { size: 32, offset: 4, fileSize: 16 },
  section: { size: 40, info: 28 },
};

const layout64: Layout = {
  wordBytes: 8,
  header: { size: 64, programOffset: 32, sectionOffset: 40, entrySize: 54, entryCount: 56 },
  entry: { size: 56, offset: 8, fileSize: 32 },
  section: { size: 64, info: 44 },
};

/** Reads numbers in the file's byte order. Values beyond 2^53, which no file's size reaches, lose precision. */
class Fields {
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #wordBytes: 4 | 8;

  constructor(bytes: Uint8Array, little: boolean, wordBytes: 4 | 8) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
    this.#wordBytes = wordBytes;
  }

  half(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  int(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  /** An address, offset or size: as wide as the machine. */
  word(at: number): number {
    return this.#wordBytes === 4 ? this.int(at) : Number(this.#view.getBigUint64(at, this.#little));
  }
}

/** Says what is missing. Only {@link checkCore} catches it. */
class Incomplete extends Error {}

/** Reads `length` bytes. Throws Incomplete, which names `what`, when the file ends before. */
async function readExactly(file: FileHandle, at: number, length: number, what: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (!Number.isSafeInteger(at)) throw new Incomplete(`its ${what} is beyond any file`);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) throw new Incomplete(`it ends within its ${what}`);
    filled += bytesRead;
  }
  return bytes;
}

interface ProgramHeaders {
  at: number;
  count: number;
  entrySize: number;
  layout: Layout;
  little: boolean;
}

/** Finds the program headers: where they are, how many, how large. */
async function locateProgramHeaders(file: FileHandle): Promise<ProgramHeaders> {
  const identification = await readExactly(file, 0, 16, 'ELF header');
  // gdb writes the header last: one that was killed half-way leaves zeros here.
  if (Buffer.from(identification.subarray(0, 4)).toString('latin1') !== '\x7fELF')
    throw new Incomplete('it has no ELF header');
  const layout = { 1: layout32, 2: layout64 }[identification[4] ?? 0];
  const little = { 1: true, 2: false }[identification[5] ?? 0];
  if (layout === undefined || little === undefined) throw new Incomplete('its ELF class or byte order is unknown');
  const { header, section, entry } = layout;
  const fields = new Fields(await readExactly(file, 0, header.size, 'ELF header'), little, layout.wordBytes);
  if (fields.half(16) !== ET_CORE) throw new Incomplete('it is not a core file');
  const entrySize = fields.half(header.entrySize);
  if (entrySize < entry.size) throw new Incomplete('its program headers have an unknown size');
  let count = fields.half(header.entryCount);
  if (count === PN_XNUM) {
    const first = await readExactly(file, fields.word(header.sectionOffset), section.size, 'section headers');
    count = new Fields(first, little, layout.wordBytes).int(section.info);
  }
  if (count === 0) throw new Incomplete('it has no program headers');
  return { at: fields.word(header.programOffset), count, entrySize, layout, little };
}

/** How long the file must be, in bytes, to hold everything in its program headers. */
async function neededBytes(file: FileHandle): Promise<number> {
  const { at, count, entrySize, layout, little } = await locateProgramHeaders(file);
  const perPiece = Math.max(1, Math.floor(pieceBytes / entrySize));
  let needed = 0;
  for (let first = 0; first < count; first += perPiece) {
    const entries = Math.min(perPiece, count - first);
    const bytes = await readExactly(file, at + first * entrySize, entries * entrySize, 'program headers');
    const fields = new Fields(bytes, little, layout.wordBytes);
    for (let index = 0; index < entries; index++) {
      const base = index * entrySize;
      const size = fields.word(base + layout.entry.fileSize);
      if (size > 0) needed = Math.max(needed, fields.word(base + layout.entry.offset) + size);
    }
  }
  return needed;
}

/**
 * Checks that a core file, of 32 or 64 bits and either byte order, has every byte that its program headers list. Throws the
 * system's error when the file cannot be read.
 */
export async function checkCore(path: string): Promise<CoreCheck> {
  const file = await open(path, 'r');
  try {
    const needed = await neededBytes(file);
    const { size } = await file.stat();
    if (needed <= size) return { complete: true };
    return { complete: false, reason: `it has ${size} bytes of ${needed}` };
  } catch (error) {
    if (error instanceof Incomplete) return { complete: false, reason: error.message };
    throw error;
  } finally {
    await file.close();
  }
}
