/** The names that rotation gives to a log. */
import { basename, dirname, extname } from 'node:path';

/** What rotation adds to a name: `.1`, `-20261122`, `.old`; behind it, what compression adds. */
const rotated = /^(?:[.\-_]\d[\d.\-_:T]*|\.old|\.bak|~)$/;
const compressed = /\.(?:gz|zst|xz|bz2)$/;
const compressedEndings = ['.gz', '.zst', '.xz', '.bz2'];

const date = /^[.\-_](?:\d{6}|\d{4}-\d\d)/;

/** A name, or path, without what stands behind its last dot. */
const stemOf = (name: string): string => name.slice(0, name.length - extname(name).length);

/** The paths of a file once it is compressed. */
export const compressedPaths = (path: string): string[] => compressedEndings.map((ending) => path + ending);

/** Whether a name ends as those of compressed files do. */
export const isCompressedName = (name: string): boolean => compressed.test(name);

/** Whether a name is `name` as rotation changes it: `app.log.1.gz`, `app.log-20261122`, `app-20261122.log`. */
export function isRotatedName(other: string, name: string): boolean {
  const stem = stemOf(name);
  if (!other.startsWith(stem)) return false;
  const plain = other.replace(compressed, '');
  if (plain.startsWith(name) && rotated.test(plain.slice(name.length))) return true;
  const extension = extname(name);
  if (extension === '' || !plain.endsWith(extension)) return false;
  return rotated.test(plain.slice(stem.length, -extension.length));
}

/**
 * Whether a path is that of a log after its rotation. A short number within the name does not count: `app-2.log` beside
 * `app.log` is as likely a log of its own, and `app-20261122.log` is not.
 */
export function isRotationOf(path: string, log: string): boolean {
  // Asked of each pair of thousands of files: the name is longer, and nearly all begin otherwise.
  if (path.length <= log.length || !path.startsWith(stemOf(log))) return false;
  const [name, original] = [basename(path), basename(log)];
  if (dirname(path) !== dirname(log) || !isRotatedName(name, original)) return false;
  return name.startsWith(original) || date.test(name.slice(stemOf(original).length));
}
