/**
 * The bytes of the WebAssembly module that vectors.wat describes. This file runs where the sources run as they are, as under the
 * tests. The executable has only what it exports: see build/bundle.ts.
 */
import { readFileSync } from 'node:fs';
import loadWabt from 'wabt';

const source = new URL('vectors.wat', import.meta.url);
const wabt = await loadWabt();
const module = wabt.parseWat(source.pathname, readFileSync(source, 'utf8'), { simd: true });
export const vectorsModule: Uint8Array = module.toBinary({}).buffer;
