/** The last `count` lines of a text; its last line need not have its newline yet. */
export function lastLines(text: Buffer, count: number): Buffer {
  let start = text.length;
  for (let lines = 0; lines < count && start > 0; lines++) start = start < 2 ? 0 : text.lastIndexOf(10, start - 2) + 1;
  return text.subarray(start);
}

/** The first `count` lines of a text, of at most `bytes`, and whether there was more. A last line without newline is given one. */
export function firstLines(text: Buffer, count: number, bytes: number): { text: Buffer; isCut: boolean } {
  let end = 0;
  for (let lines = 0; lines < count && end < text.length; lines++) {
    const newline = text.indexOf(10, end);
    const next = newline < 0 ? text.length : newline + 1;
    if (next > bytes) return { text: text.subarray(0, end), isCut: true };
    end = next;
  }
  const isOpen = end > 0 && text[end - 1] !== 10;
  const whole = isOpen ? Buffer.concat([text.subarray(0, end), Buffer.from('\n')]) : text.subarray(0, end);
  return { text: whole, isCut: end < text.length };
}
