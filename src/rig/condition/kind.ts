/** The kind of a sighting: its text with numbers, addresses and ids masked. */

/** Only the beginning of a text tells its kind. */
const comparedCharacters = 1024;

/**
 * Each of these becomes `#`; mixed letters and digits only as whole words:
 * - UUIDs, and `0x` with hex digits
 * - words of at least 6 hex digits with a digit among them, or of 8 without: commits, container ids, addresses
 * - words of at least 8 letters and digits with 2 digits or more: session and request ids
 * - every other run of digits
 */
const masked = new RegExp(
  [
    /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/,
    /\b0x[0-9a-f]+\b/,
    /\b(?=[a-f]*[0-9])[0-9a-f]{6,}\b/,
    /\b[0-9a-f]{8,}\b/,
    /\b(?=(?:[a-z]*[0-9]){2})[a-z0-9]{8,}\b/,
    /[0-9]+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);

/** The kind of a text, for --distinct. */
export const kindOf = (text: string): string => text.slice(0, comparedCharacters).replace(masked, '#');
