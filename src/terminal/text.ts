/** Text for a terminal. */

/** What a terminal acts on instead of showing it: control characters, and those that change the direction of text. */
export const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const afterAscii = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes control characters visible (`\x1b`), so that no log line can act on a terminal. */
export function visible(text: string): string {
  return text.replace(controls, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same in the bytes of lines in UTF-8 or another encoding, but for tabs and line ends. */
const controlsInLines =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/g;

/** Lines of a log for people: {@link visible}, but all other bytes stay as they are, whatever their encoding, and so do tabs. */
export const visibleLines = (lines: Buffer): Buffer =>
  Buffer.from(
    lines.toString('latin1').replace(controlsInLines, (bytes) => visible(Buffer.from(bytes, 'latin1').toString())),
    'latin1',
  );

/** JSON for people: what would act on a terminal is escaped, which changes no value. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    afterAscii,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A process in a message: `nginx (123)`. */
export const processLabel = ({ pid, comm }: { pid: number; comm: string }): string => `${visible(comm)} (${pid})`;

/** Takes no cell: combining marks, joiners, variation selectors. */
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Takes two cells: the wide and fullwidth blocks of Unicode's EastAsianWidth.txt, without unassigned and rare ones. */
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])$/u;
const isPlain = /^[ -~]*$/;

const cellsOf = (character: string): number => (zeroWidth.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** How many cells a text without control characters takes. */
export function widthOf(text: string): number {
  if (isPlain.test(text)) return text.length;
  return [...text].reduce((sum, character) => sum + cellsOf(character), 0);
}

/** A text that takes at most `width` cells; one that is cut ends in an ellipsis. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = '';
  let used = 1;
  for (const character of text) {
    used += cellsOf(character);
    if (used > width) break;
    cut += character;
  }
  return `${cut}…`;
}
