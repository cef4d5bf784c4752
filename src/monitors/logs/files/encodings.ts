/** Notices files in which the text that is looked for is written in other bytes. */
import { isAscii, isUtf8 } from 'node:buffer';
import { readAt } from './follow/excerpt.ts';
import { OpenedFile } from './follow/opened-file.ts';

/** How much is looked at, at the end of a file. */
const lookedAtBytes = 256 * 1024;
/** A file in UTF-16 begins with U+FEFF, in either order. */
const utf16Marks = ['fffe', 'feff'];

/**
 * Remarks on files that rig would read wrongly: those in UTF-16, and, where one of the `texts` has a character beyond ASCII, those
 * that are not UTF-8. Never throws.
 */
export function remarkOnEncodings(files: string[], texts: string[], remark: (text: string) => void): void {
  const isBeyondAscii = texts.some((text) => !isAscii(Buffer.from(text)));
  for (const path of files) {
    const { head, end } = readEnds(path);
    if (utf16Marks.includes(head.toString('hex'))) remark(`${path} is in UTF-16, which rig does not read`);
    else if (isBeyondAscii && !isUtf8(end))
      remark(`${path} has lines that are not UTF-8: name their encoding, for example with --encoding latin1`);
  }
}

/** The first two bytes of a file and its last whole lines; nothing when it cannot be read, which is told elsewhere. */
function readEnds(path: string): { head: Buffer; end: Buffer } {
  try {
    const file = new OpenedFile(path);
    try {
      const from = Math.max(0, file.size - lookedAtBytes);
      const end = readAt(file.fd, from, lookedAtBytes);
      const [firstLine, linesEnd] = [from === 0 ? 0 : end.indexOf('\n') + 1, end.lastIndexOf('\n') + 1];
      return { head: readAt(file.fd, 0, 2), end: end.subarray(firstLine, linesEnd) };
    } finally {
      file.close();
    }
  } catch {
    return { head: Buffer.alloc(0), end: Buffer.alloc(0) };
  }
}
