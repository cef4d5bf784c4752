/** `--encoding`: files from before UTF-8. */
import { UsageError } from '../../../errors.ts';

/** What lines, colours and most texts are found by. */
const ascii = `\t\n\r\x1b${String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index))}`;

/**
 * Checks the name of an encoding, one of the labels of https://encoding.spec.whatwg.org/#names-and-labels. Returns it as
 * TextDecoder has it; undefined for UTF-8, which needs none. Throws UsageError.
 */
export function checkEncoding(name: string): string | undefined {
  const decoder = decoderOf(name);
  if (decoder.encoding === 'utf-8') return undefined;
  if (decoder.decode(Buffer.from(ascii)) === ascii) return decoder.encoding;
  throw new UsageError(`--encoding: rig reads no ${name}, only encodings in which ASCII is what it is in UTF-8`);
}

function decoderOf(name: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(name);
  } catch {
    const known = 'latin1, iso-8859-15, windows-1251, koi8-r, shift_jis, euc-jp, gbk, big5';
    throw new UsageError(`--encoding: unknown: ${JSON.stringify(name)}; known are ${known} and others`);
  }
}
