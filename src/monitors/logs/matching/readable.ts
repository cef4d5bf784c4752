/** Lines as people see them: without the colours of a terminal, and with the letters of an older encoding than UTF-8. */
import { isAscii, isUtf8 } from 'node:buffer';
import { mark } from './marks.ts';
import { lineEndOf, lineStartOf, type Searcher } from './searcher.ts';
import { finder } from './vectors.ts';

/**
 * A control sequence (ECMA-48, section 5.4), or the choice of a character set, with which `tput sgr0` begins. Its ESC stands as it
 * is, as syslog writes it, or as strings of JSON, Go and Python hold it.
 */
const colour = /(?:\x1b|#033|(?<!\\)\\+(?:x1b|u001b))(?:\[[\d;:]*[A-Za-z]|\([A-Z0-9])/g;

/** What every line with a colour has, and the byte without which a chunk has none of it. */
const coloured = [
  { byte: 0x1b, mark: '\x1b' },
  { byte: 0x23, mark: '#033' },
  { byte: 0x5c, mark: '1b[' },
].map(({ byte, mark }) => ({ byte, find: finder(Buffer.from(mark)) }));

/** What a chunk has in which a line is not stored as people see it. */
export const readableMarks = (encoding: string | undefined): number =>
  mark.escape | mark.hash | mark.backslash | (encoding === undefined ? 0 : mark.beyondAscii);

/** A line as text. Where it is not UTF-8, it is in the `encoding`, if there is one. */
export function decodeLine(line: Buffer, encoding: string | undefined): string {
  return encoding === undefined || isUtf8(line) ? line.toString() : new TextDecoder(encoding).decode(line);
}

/** A line as a terminal shows it. */
export function withoutColours(text: string): string {
  return text.replace(colour, '');
}

/** Finds the lines that `matches` accepts when it gets them as people see them, among those that are stored otherwise. */
export function readableSearcher(encoding: string | undefined, matches: (text: string) => boolean): Searcher {
  let chunk: Buffer = Buffer.alloc(0);
  let marks: Array<{ find(chunk: Buffer, from: number): number; hit: number }> = [];
  const nextMark = (from: number): number => {
    let next = -1;
    for (const mark of marks) {
      if (mark.hit >= 0 && mark.hit < from) mark.hit = mark.find(chunk, from);
      if (mark.hit >= 0 && (next < 0 || mark.hit < next)) next = mark.hit;
    }
    return next;
  };
  return {
    begin(given) {
      chunk = given;
      marks = coloured.filter(({ byte }) => chunk.includes(byte)).map(({ find }) => ({ find, hit: find(chunk, 0) }));
      if (encoding !== undefined && !isAscii(chunk))
        marks.push({ find: findBeyondAscii, hit: findBeyondAscii(chunk, 0) });
    },
    next(from) {
      for (let at = from, hit = nextMark(at); hit >= 0; hit = nextMark(at)) {
        const [start, end] = [lineStartOf(chunk, hit), lineEndOf(chunk, hit)];
        const text = withoutColours(decodeLine(chunk.subarray(start, end), encoding));
        if (matches(text.replace(/\r$/, ''))) return start;
        at = end + 1;
      }
      return -1;
    },
  };
}

function findBeyondAscii(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at++) if ((chunk[at] as number) > 0x7f) return at;
  return -1;
}
