/** The range decoder of LZMA: bits whose probabilities are learnt while they are decoded. */
import { corrupt } from './error.ts';

const probabilityBits = 11;
const learningShift = 5;
const leastRange = 0x100_0000;

export class RangeDecoder {
  readonly #input: Buffer;
  #at = 5;
  #range = 0xffff_ffff;
  #code: number;

  constructor(input: Buffer) {
    if (input.length < 5) throw corrupt('xz: a chunk is too short');
    this.#input = input;
    this.#code = input.readUInt32BE(1);
  }

  /** The next bit, whose probability is one of some. */
  bit(probabilities: Uint16Array, index: number): 0 | 1 {
    const probability = probabilities[index] as number;
    const bound = (this.#range >>> probabilityBits) * probability;
    const isZero = this.#code < bound;
    if (isZero) {
      this.#range = bound;
      probabilities[index] = probability + (((1 << probabilityBits) - probability) >> learningShift);
    } else {
      this.#range -= bound;
      this.#code -= bound;
      probabilities[index] = probability - (probability >> learningShift);
    }
    this.#fill();
    return isZero ? 0 : 1;
  }

  /** A number of some bits, the highest first. */
  tree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    for (let count = 0; count < bits; count++) node = (node << 1) | this.bit(probabilities, base + node);
    return node - (1 << bits);
  }

  /** The same with the lowest bit first. */
  reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let node = 1;
    let value = 0;
    for (let count = 0; count < bits; count++) {
      const bit = this.bit(probabilities, base + node);
      node = (node << 1) | bit;
      value |= bit << count;
    }
    return value;
  }

  /** A number of some bits that are as likely 0 as 1. */
  direct(bits: number): number {
    let value = 0;
    for (let count = 0; count < bits; count++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#fill();
    }
    return value;
  }

  #fill(): void {
    if (this.#range >= leastRange) return;
    this.#range *= 256;
    // Where the input ends a last bit may still be decoded of what was read.
    if (this.#at > this.#input.length + 4) throw corrupt('xz: a chunk ends too early');
    this.#code = this.#code * 256 + (this.#input[this.#at++] ?? 0);
  }
}
