/** The end of what a program writes. */
import type { Readable } from 'node:stream';

/** Keeps the last bytes of a stream. Reading on is what keeps the child from blocking on a full pipe. */
export function keepTail(stream: Readable, limit: number): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]);
    if (tail.length > limit) tail = Buffer.from(tail.subarray(tail.length - limit));
  });
  stream.on('error', () => {
    // A broken pipe to a child that has ended: what was read stands, and its exit status tells the rest.
  });
  return () => tail.toString('utf8');
}
