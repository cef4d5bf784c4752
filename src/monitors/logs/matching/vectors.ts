/**
 * Counting and finding bytes sixteen at a time, with the vector instructions that WebAssembly has on every x86-64 and ARM server.
 * They reach only memory of their own: what is read into a buffer of `vectorBuffer` is searched by them, everything else by
 * Buffer's methods.
 */
import { vectorsModule } from './vectors-module.ts';

const newline = 10;
const pageBytes = 64 * 1024;
/** A vector that begins within the text may end behind it. */
const slackBytes = 16;
/** A longer text is looked for by Buffer's methods. */
const longestNeedle = 1024;

/** What is used of WebAssembly. TypeScript knows it only together with the rest of a browser. */
const { Module, Instance, Memory } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { exports: unknown };
      Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
    };
  }
).WebAssembly;

/** What vectors.wat exports. Places are offsets in the memory. */
interface Vectors {
  count(at: number, end: number): number;
  find(at: number, last: number, needle: number, length: number, one: number, other: number): number;
}

/** The instructions for a memory, and the place in it for the text that is looked for. */
const instances = new WeakMap<ArrayBufferLike, { vectors: Vectors; needleAt: number }>();

/**
 * A buffer that can be searched sixteen bytes at a time. Where the host has no vector instructions or denies the memory (ulimit
 * -v), it is an ordinary buffer.
 */
export function vectorBuffer(bytes: number): Buffer {
  const needleAt = bytes + slackBytes;
  const pages = Math.ceil((needleAt + longestNeedle + slackBytes) / pageBytes);
  try {
    const memory = new Memory({ initial: pages, maximum: pages });
    const vectors = new Instance(new Module(vectorsModule), { rig: { memory } }).exports as Vectors;
    instances.set(memory.buffer, { vectors, needleAt });
    return Buffer.from(memory.buffer, 0, bytes);
  } catch {
    // An ordinary buffer is searched by its own methods.
    return Buffer.alloc(bytes);
  }
}

/** How many newlines there are in the first `length` bytes. */
export function countNewlines(chunk: Buffer, length: number): number {
  const instance = instances.get(chunk.buffer);
  if (instance) return instance.vectors.count(chunk.byteOffset, chunk.byteOffset + length);
  let count = 0;
  for (let at = 0; at < length; at++) if (chunk[at] === newline) count++;
  return count;
}

/** The bytes that logs are made of, the most frequent first. All others are rare. */
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
export type Finder = (chunk: Buffer, from: number) => number;

/** Makes the function that looks for a text. */
export function finder(needle: Buffer): Finder {
  const [one, other] = rarest(needle);
  const isFit = needle.length > 1 && needle.length <= longestNeedle;
  return (chunk, from) => {
    const instance = isFit ? instances.get(chunk.buffer) : undefined;
    if (!instance) return chunk.indexOf(needle, from);
    const { vectors, needleAt } = instance;
    const [first, last] = [chunk.byteOffset + from, chunk.byteOffset + chunk.length - needle.length];
    if (first > last) return -1;
    needle.copy(new Uint8Array(chunk.buffer, needleAt, needle.length));
    const found = vectors.find(first, last, needleAt, needle.length, one, other);
    return found < 0 ? -1 : found - chunk.byteOffset;
  };
}
