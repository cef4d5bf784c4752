/**
 * LZMA2, as .xz files have it: chunks, each stored as it is or compressed with LZMA. The names of what an LZMA decoder
 * keeps are those of the LZMA specification (https://www.7-zip.org/sdk.html).
 */
import { corrupt } from './error.ts';
import { copyMatch } from './lz4.ts';
import { RangeDecoder } from './range-decoder.ts';

interface Chunk {
  control: number;
  unpacked: number;
  /** Where its data begin and end. */
  start: number;
  end: number;
  properties: number;
}

/** Decompresses chunks until they end or the output, `mostBytes` at most, is full. */
export function decompressLzma2(input: Buffer, mostBytes: number): Buffer {
  const chunks = chunksOf(input);
  const total = chunks.reduce((sum, { unpacked }) => sum + unpacked, 0);
  const output = Buffer.allocUnsafeSlow(Math.min(total, mostBytes));
  const decoder = new LzmaDecoder(output);
  for (const chunk of chunks) {
    if (decoder.isFull) break;
    const data = input.subarray(chunk.start, chunk.end);
    if (chunk.control < 0x80) decoder.store(data);
    else decoder.decode(data, chunk);
  }
  return output;
}

function chunksOf(input: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; ; ) {
    const control = byteAt(input, at);
    if (control === 0) return chunks;
    const chunk = control < 0x80 ? storedChunk(input, at, control) : packedChunk(input, at, control);
    if (chunk.end > input.length) throw corrupt('xz: a chunk reaches beyond the end');
    chunks.push(chunk);
    at = chunk.end;
  }
}

function storedChunk(input: Buffer, at: number, control: number): Chunk {
  if (control > 2) throw corrupt('xz: a chunk is of no known kind');
  const size = bigEndian(input, at + 1) + 1;
  return { control, unpacked: size, start: at + 3, end: at + 3 + size, properties: 0 };
}

function packedChunk(input: Buffer, at: number, control: number): Chunk {
  const unpacked = ((control & 0x1f) << 16) + bigEndian(input, at + 1) + 1;
  const packed = bigEndian(input, at + 3) + 1;
  const hasProperties = control >= 0xc0;
  const start = at + (hasProperties ? 6 : 5);
  return { control, unpacked, start, end: start + packed, properties: hasProperties ? byteAt(input, at + 5) : 0 };
}

function bigEndian(input: Buffer, at: number): number {
  return byteAt(input, at) * 256 + byteAt(input, at + 1);
}

function byteAt(input: Buffer, at: number): number {
  const byte = input[at];
  if (byte === undefined) throw corrupt('xz: the end is missing');
  return byte;
}

const states = 12;
const mostPositions = 16;

/** Lengths of matches, from 2 on. */
class LengthDecoder {
  readonly #choice = newProbabilities(2);
  readonly #low = newProbabilities(mostPositions * 8);
  readonly #mid = newProbabilities(mostPositions * 8);
  readonly #high = newProbabilities(256);

  decode(range: RangeDecoder, position: number): number {
    if (range.bit(this.#choice, 0) === 0) return 2 + range.tree(this.#low, position * 8, 3);
    if (range.bit(this.#choice, 1) === 0) return 10 + range.tree(this.#mid, position * 8, 3);
    return 18 + range.tree(this.#high, 0, 8);
  }
}

/** All that adapts itself to what was decoded. */
class Model {
  readonly isMatch = newProbabilities(states * mostPositions);
  readonly isRep = newProbabilities(states);
  readonly isRepG0 = newProbabilities(states);
  readonly isRepG1 = newProbabilities(states);
  readonly isRepG2 = newProbabilities(states);
  readonly isRep0Long = newProbabilities(states * mostPositions);
  readonly slots = newProbabilities(4 * 64);
  readonly special = newProbabilities(128);
  readonly align = newProbabilities(16);
  readonly length = new LengthDecoder();
  readonly repLength = new LengthDecoder();
  readonly literals: Uint16Array;

  constructor(literalBits: number) {
    this.literals = newProbabilities(0x300 << literalBits);
  }
}

function newProbabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(1024);
}

class LzmaDecoder {
  readonly #output: Buffer;
  #to = 0;
  /** Where the dictionary begins. */
  #dictionary = 0;
  /** How many bits of the byte before, and of the position, a literal depends on; and how many of it a match does. */
  #lc = 0;
  #lp = 0;
  #pb = 0;
  #model: Model | undefined;
  #state = 0;
  /** The last four distances. */
  #reps: [number, number, number, number] = [1, 1, 1, 1];

  constructor(output: Buffer) {
    this.#output = output;
  }

  get isFull(): boolean {
    return this.#to === this.#output.length;
  }

  store(data: Buffer): void {
    this.#to += data.copy(this.#output, this.#to);
  }

  decode(data: Buffer, { control, unpacked, properties }: Chunk): void {
    if (control >= 0xe0) this.#dictionary = this.#to;
    if (control >= 0xc0) this.#setProperties(properties);
    if (control >= 0xa0) this.#reset();
    const model = this.#model;
    if (!model) throw corrupt('xz: the first chunk has no properties');
    const range = new RangeDecoder(data);
    const end = Math.min(this.#to + unpacked, this.#output.length);
    while (this.#to < end) this.#decodeOne(model, range);
  }

  #setProperties(properties: number): void {
    const lc = properties % 9;
    const lp = Math.floor(properties / 9) % 5;
    const pb = Math.floor(properties / 45);
    if (pb > 4 || lc + lp > 4) throw corrupt('xz: its properties cannot be');
    this.#lc = lc;
    this.#lp = lp;
    this.#pb = pb;
  }

  #reset(): void {
    this.#model = new Model(this.#lc + this.#lp);
    this.#state = 0;
    this.#reps = [1, 1, 1, 1];
  }

  #decodeOne(model: Model, range: RangeDecoder): void {
    const position = (this.#to - this.#dictionary) & ((1 << this.#pb) - 1);
    const state = this.#state;
    if (range.bit(model.isMatch, state * mostPositions + position) === 0) {
      this.#decodeLiteral(model, range);
      return;
    }
    const isRepeated = range.bit(model.isRep, state) === 1;
    if (isRepeated && this.#decodeShortRep(model, range, position)) return;
    const length = (isRepeated ? model.repLength : model.length).decode(range, position);
    if (!isRepeated) this.#reps = [readDistance(model, range, length), ...keepThree(this.#reps)];
    this.#state = (state < 7 ? 7 : 10) + (isRepeated ? 1 : 0);
    const [distance] = this.#reps;
    this.#checkDistance(distance);
    this.#to = copyMatch(this.#output, this.#to, distance, length);
  }

  /** Brings the distance that is meant to the front; true if that was a match of one byte, which is then done. */
  #decodeShortRep(model: Model, range: RangeDecoder, position: number): boolean {
    const state = this.#state;
    const [first, second, third, fourth] = this.#reps;
    if (range.bit(model.isRepG0, state) === 0) {
      if (range.bit(model.isRep0Long, state * mostPositions + position) === 1) return false;
      this.#checkDistance(first);
      this.#state = state < 7 ? 9 : 11;
      this.#to = copyMatch(this.#output, this.#to, first, 1);
      return true;
    }
    if (range.bit(model.isRepG1, state) === 0) this.#reps = [second, first, third, fourth];
    else if (range.bit(model.isRepG2, state) === 0) this.#reps = [third, first, second, fourth];
    else this.#reps = [fourth, first, second, third];
    return false;
  }

  #decodeLiteral(model: Model, range: RangeDecoder): void {
    const done = this.#to - this.#dictionary;
    const before = done > 0 ? (this.#output[this.#to - 1] as number) : 0;
    const context = ((done & ((1 << this.#lp) - 1)) << this.#lc) + (before >> (8 - this.#lc));
    const base = 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      // Behind a match the byte is likely to differ from the one that would have gone on with it.
      this.#checkDistance(this.#reps[0]);
      let expected = this.#output[this.#to - this.#reps[0]] as number;
      while (symbol < 0x100) {
        const expectedBit = (expected >> 7) & 1;
        expected <<= 1;
        const bit = range.bit(model.literals, base + ((1 + expectedBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (bit !== expectedBit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | range.bit(model.literals, base + symbol);
    this.#output[this.#to++] = symbol & 0xff;
    this.#state = this.#state < 4 ? 0 : this.#state - (this.#state < 10 ? 3 : 6);
  }

  #checkDistance(distance: number): void {
    if (distance > this.#to - this.#dictionary) throw corrupt('xz: a match begins before the beginning');
  }
}

function keepThree([first, second, third]: [number, number, number, number]): [number, number, number] {
  return [first, second, third];
}

function readDistance(model: Model, range: RangeDecoder, length: number): number {
  const slot = range.tree(model.slots, Math.min(length - 2, 3) * 64, 6);
  if (slot < 4) return slot + 1;
  const bits = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) * 2 ** bits;
  if (slot < 14) return base + range.reverseTree(model.special, base - slot, bits) + 1;
  return base + range.direct(bits - 4) * 16 + range.reverseTree(model.align, 0, 4) + 1;
}
