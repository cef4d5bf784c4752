/**
 * Counting and finding bytes sixteen at a time, with the vector instructions that WebAssembly has on every x86-64 and ARM server
 * (https://webassembly.github.io/spec/core/binary). They reach only memory of their own: what is read into the buffer that
 * `vectorBuffer` gives is searched by them, all else, and everything where the host denies that memory, by Buffer's methods.
 */

const newline = 10;
const pageBytes = 64 * 1024;
/** A vector that begins within the text may end behind it. */
const slackBytes = 16;
/** A longer text is searched for otherwise. */
const longestNeedle = 1024;

const [i32, v128] = [0x7f, 0x7b];
/** The instructions that are used, with the operands that never change. */
const op = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  branch: (depth: number) => [0x0c, depth],
  branchIf: (depth: number) => [0x0d, depth],
  return: [0x0f],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  tee: (local: number) => [0x22, local],
  byteAt: [0x2d, 0, 0],
  constant: (value: number) => [0x41, value & 0x7f],
  isZero: [0x45],
  equal: [0x46],
  differ: [0x47],
  isAbove: [0x4b],
  isAtLeast: [0x4f],
  trailingZeros: [0x68],
  ones: [0x69],
  add: [0x6a],
  subtract: [0x6b],
  and: [0x71],
  vectorAt: [0xfd, 0, 0, 0],
  vectorOf: [0xfd, 15],
  vectorEqual: [0xfd, 35],
  vectorAnd: [0xfd, 78],
  mask: [0xfd, 100],
} as const;

/** A number in the form of the binary format: LEB128. */
const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]);
const list = (items: number[][]): number[] => [...leb(items.length), ...items.flat()];
const section = (id: number, content: number[]): number[] => [id, ...leb(content.length), ...content];
const text = (value: string): number[] => [...leb(value.length), ...Buffer.from(value)];

interface Function {
  parameters: number;
  /** Types of the locals behind them. */
  locals: number[];
  code: readonly (readonly number[])[];
}

/** The module: a memory of so many pages, and functions that take and give 32-bit numbers. */
function assemble(pages: number, functions: Record<string, Function>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const type = ({ parameters }: Function) => [0x60, ...list(Array(parameters).fill([i32])), 1, i32];
  const body = ({ locals, code }: Function): number[] => {
    const content = [...list(locals.map((each) => [1, each])), ...code.flat(), ...op.end];
    return [...leb(content.length), ...content];
  };
  const exported = [[...text('memory'), 2, 0], ...all.map(([name], index) => [...text(name), 0, index])];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(all.map(([, each]) => type(each)))),
    ...section(3, list(all.map((_, index) => [index]))),
    ...section(5, list([[1, ...leb(pages), ...leb(pages)]])),
    ...section(7, list(exported)),
    ...section(10, list(all.map(([, each]) => body(each)))),
  ]);
}

/** count(at, end): the newlines from `at` to before `end`. */
function counting(): Function {
  const [at, end, sum] = [0, 1, 2];
  const { get, set, constant, add } = op;
  const advance = (by: number) => [...get(at), ...constant(by), ...add, ...set(at)];
  const addToSum = [...get(sum), ...add, ...set(sum)];
  return {
    parameters: 2,
    locals: [i32],
    code: [
      op.block,
      op.loop,
      [...get(at), ...constant(16), ...add, ...get(end), ...op.isAbove, ...op.branchIf(1)],
      [...get(at), ...op.vectorAt, ...constant(newline), ...op.vectorOf, ...op.vectorEqual, ...op.mask, ...op.ones],
      [...addToSum, ...advance(16), ...op.branch(0)],
      op.end,
      op.end,
      op.block,
      op.loop,
      [...get(at), ...get(end), ...op.isAtLeast, ...op.branchIf(1)],
      [...get(at), ...op.byteAt, ...constant(newline), ...op.equal, ...addToSum, ...advance(1), ...op.branch(0)],
      op.end,
      op.end,
      get(sum),
    ],
  };
}

/**
 * find(at, last, needle, length, one, other): the first place from `at` to `last` at which the bytes are those at `needle`; -1
 * where there is none. Only where the bytes number `one` and `other` of the needle are in their places are all compared.
 */
function finding(): Function {
  const [at, last, needle, length, one, other, mask, place, index, ones, others] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const { get, set, tee, constant, add } = op;
  const splat = (offset: number, vector: number) => [
    ...[...get(needle), ...get(offset), ...add, ...op.byteAt, ...op.vectorOf, ...set(vector)],
  ];
  const equalAt = (offset: number, vector: number) => [
    ...[...get(at), ...get(offset), ...add, ...op.vectorAt, ...get(vector), ...op.vectorEqual],
  ];
  const byteOf = (base: number) => [...get(base), ...get(index), ...add, ...op.byteAt];
  return {
    parameters: 6,
    locals: [i32, i32, i32, v128, v128],
    code: [
      splat(one, ones),
      splat(other, others),
      op.block, // left when there is none
      op.loop,
      [...get(at), ...get(last), ...op.isAbove, ...op.branchIf(1)],
      [...equalAt(one, ones), ...equalAt(other, others), ...op.vectorAnd, ...op.mask, ...set(mask)],
      op.block, // left when no place of this vector is left
      op.loop,
      [...get(mask), ...op.isZero, ...op.branchIf(1)],
      [...get(at), ...get(mask), ...op.trailingZeros, ...add, ...tee(place), ...get(last), ...op.isAbove],
      op.branchIf(3),
      [...constant(0), ...set(index)],
      op.block, // left where the bytes differ
      op.loop,
      op.block, // left while they do not end
      [...get(index), ...get(length), ...op.differ, ...op.branchIf(0), ...get(place), ...op.return],
      op.end,
      [...byteOf(place), ...byteOf(needle), ...op.differ, ...op.branchIf(1)],
      [...get(index), ...constant(1), ...add, ...set(index), ...op.branch(0)],
      op.end,
      op.end,
      [...get(mask), ...get(mask), ...constant(1), ...op.subtract, ...op.and, ...set(mask), ...op.branch(0)],
      op.end,
      op.end,
      [...get(at), ...constant(16), ...add, ...set(at), ...op.branch(0)],
      op.end,
      op.end,
      constant(-1),
    ],
  };
}

/** What is used of WebAssembly: TypeScript knows it only together with the rest of a browser. */
const { Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object) => { exports: unknown };
    };
  }
).WebAssembly;

interface Vectors {
  memory: { buffer: ArrayBuffer };
  count(at: number, end: number): number;
  find(at: number, last: number, needle: number, length: number, one: number, other: number): number;
}

let vectors: Vectors | undefined;
/** Where in its memory the text stands that is looked for. */
let needleAt = 0;

/**
 * A buffer of so many bytes that can be searched sixteen at a time, for the whole process: a second call takes the first buffer's
 * place. Where the host has no such instructions or denies the memory (ulimit -v), it is a buffer as others are.
 */
export function vectorBuffer(bytes: number): Buffer {
  needleAt = bytes + slackBytes;
  const pages = Math.ceil((needleAt + longestNeedle + slackBytes) / pageBytes);
  try {
    const module = new Module(assemble(pages, { count: counting(), find: finding() }));
    vectors = new Instance(module).exports as Vectors;
    return Buffer.from(vectors.memory.buffer, 0, bytes);
  } catch {
    // Said above.
    vectors = undefined;
    return Buffer.alloc(bytes);
  }
}

const isVector = (chunk: Buffer): boolean => vectors !== undefined && chunk.buffer === vectors.memory.buffer;

/** How many newlines there are in the first `length` bytes. */
export function countNewlines(chunk: Buffer, length: number): number {
  if (vectors && isVector(chunk)) return vectors.count(chunk.byteOffset, chunk.byteOffset + length);
  let count = 0;
  for (let at = 0; at < length; at++) if (chunk[at] === newline) count++;
  return count;
}

/** What logs are made of, the most frequent first. What is not among them is rare. */
const frequent = Buffer.from(
  ' etaoinsrld0c1u2mhp:3.-5467f98gyb/,w=vk_xj[]"()TSAEINCRDPMLOFUBGHKWVY\'z{}q@#&%*+<>|~$;?!',
);

/** Where the two rarest bytes of a text stand. */
function rarest(needle: Buffer): [one: number, other: number] {
  const rank = (at: number): number => {
    const found = frequent.indexOf(needle[at] as number);
    return found < 0 ? frequent.length : found;
  };
  const places = Array.from(needle.keys()).sort((a, b) => rank(b) - rank(a));
  return [places[0] ?? 0, places[1] ?? 0];
}

/** Looks for a text in a chunk, from a place on: the offset, or -1 when it is not there. */
export function finder(needle: Buffer): (chunk: Buffer, from: number) => number {
  const [one, other] = rarest(needle);
  const isFit = needle.length > 1 && needle.length <= longestNeedle;
  return (chunk, from) => {
    if (!vectors || !isFit || !isVector(chunk)) return chunk.indexOf(needle, from);
    const [first, last] = [chunk.byteOffset + from, chunk.byteOffset + chunk.length - needle.length];
    if (first > last) return -1;
    needle.copy(new Uint8Array(vectors.memory.buffer, needleAt, needle.length));
    const found = vectors.find(first, last, needleAt, needle.length, one, other);
    return found < 0 ? -1 : found - chunk.byteOffset;
  };
}
