/** Bytes that show that a line may be stored otherwise than people see it. A chunk without them is searched once and no more. */
import { isAscii } from 'node:buffer';

/** One bit for each, to be combined with `|`. */
export const mark = { escape: 1, hash: 2, backslash: 4, tab: 8, beyondAscii: 16 } as const;

const bytes = [
  [0x1b, mark.escape],
  [0x23, mark.hash],
  [0x5c, mark.backslash],
  [0x09, mark.tab],
] as const;
/** In a shorter text, looking at each byte takes less time than to call Buffer's methods. */
const shortBytes = 256;
const markOf = new Uint8Array(256).fill(mark.beyondAscii, 0x80);
for (const [byte, bit] of bytes) markOf[byte] = bit;

/** Which of the `wanted` marks a chunk has. */
export function marksIn(chunk: Buffer, wanted: number): number {
  let found = 0;
  if (chunk.length < shortBytes) {
    for (let at = 0; at < chunk.length; at++) found |= markOf[chunk[at] as number] as number;
    return found & wanted;
  }
  for (const [byte, bit] of bytes) if (wanted & bit && chunk.includes(byte)) found |= bit;
  return wanted & mark.beyondAscii && !isAscii(chunk) ? found | mark.beyondAscii : found;
}
