/** The end of what a program writes. */
import type { Readable } from 'node:stream';

/** Reads a stream to its end and keeps the last `limit` bytes, so that the program never blocks on a full pipe. */
export function keepTail(stream: Readable, limit: number): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]);
    if (tail.length > limit) tail = Buffer.from(tail.subarray(tail.length - limit));
  });
  stream.on('error', () => {
    // The pipe broke: what was read stays, and the exit status tells the rest.
  });
  return () => tail.toString('utf8');
}
