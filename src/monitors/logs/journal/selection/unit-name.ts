/** Names of units as journalctl(1) completes them: see systemd.unit(5), "String escaping for inclusion in unit names". */
import { posix } from 'node:path';
import { isGlob } from './glob.ts';

const types = 'service|socket|target|device|mount|automount|swap|timer|path|slice|scope';
const validName = new RegExp(`^[A-Za-z0-9:_.\\\\-][A-Za-z0-9:_.\\\\@-]*\\.(?:${types})$`);
const longestName = 255;
const notInGlob = /[^A-Za-z0-9:_.\\@[\]!*?-]/;
const notInPath = /[^A-Za-z0-9:_.]/;

/**
 * The full name of a unit as it may be typed: `nginx` is nginx.service, `/home` home.mount, `/dev/sda` dev-sda.device. A
 * pattern stays as it is.
 */
export function completeUnitName(name: string): string {
  if (isUnitName(name) || (isGlob(name) && !notInGlob.test(name))) return name;
  if (name.startsWith('/') && !name.split('/').includes('..'))
    return `${escapePath(name)}.${/^\/(?:dev|sys)\//.test(name) ? 'device' : 'mount'}`;
  const escaped = escapeBytes(name, notInGlob);
  return isGlob(escaped) || isUnitName(escaped) ? escaped : `${escaped}.service`;
}

function isUnitName(name: string): boolean {
  return name.length <= longestName && validName.test(name);
}

function escapePath(path: string): string {
  const inner = posix.normalize(path).replace(/^\/|\/$/g, '');
  return inner === '' ? '-' : escapeBytes(inner, notInPath).replace(/^\./, '\\x2e');
}

/** A slash becomes a dash; a byte that is not allowed becomes `\x` and two digits. */
function escapeBytes(text: string, refused: RegExp): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (character === '/') return '-';
      return refused.test(character) ? `\\x${byte.toString(16).padStart(2, '0')}` : character;
    })
    .join('');
}
