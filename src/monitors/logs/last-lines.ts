/** The last `count` lines of a text; its last line need not have its newline yet. */
export function lastLines(text: Buffer, count: number): Buffer {
  let start = text.length;
  for (let lines = 0; lines < count && start > 0; lines++) start = start < 2 ? 0 : text.lastIndexOf(10, start - 2) + 1;
  return text.subarray(start);
}
