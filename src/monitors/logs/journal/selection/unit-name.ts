/** Names and patterns of units, as journalctl(1) takes them. */
import { matchesGlob } from 'node:path';

const types = 'service|socket|target|device|mount|automount|swap|timer|path|slice|scope';
const fullName = new RegExp(`\\.(?:${types})$`);
const allowed = /^(?!@)[A-Za-z0-9:_.\\@[\]!*?-]+$/;

/** Whether a text can be the name of a unit, with or without its type, or a pattern of names. */
export function isUnitName(text: string): boolean {
  return allowed.test(text);
}

/** Whether a name is a pattern: `*`, `?`, `[a-z]`, `[!a-z]`. */
export function isGlob(name: string): boolean {
  return /[*?[]/.test(name);
}

/** The full name of a unit: `nginx` is nginx.service. A pattern stays as it is. */
export function completeUnitName(name: string): string {
  return isGlob(name) || fullName.test(name) ? name : `${name}.service`;
}

/** Whether a full name is that of a template: `app@.service`. */
export function isTemplate(name: string): boolean {
  return /@\.[a-z]+$/.test(name);
}

/** The full name of an instance of a template, or of the same template as another instance. */
export function withInstance(name: string, instance: string): string {
  return name.replace(/@.*(\.[a-z]+)$/, `@${instance}$1`);
}

/** What is watched for a name: all instances of a template, `app@` or `app@.service`; else the name itself. */
export function instancesOf(typed: string): string {
  const name = completeUnitName(typed);
  return isTemplate(name) ? withInstance(name, '*') : typed;
}

/** Tests the full name of a unit against a name or pattern. A backslash stands for itself, as in `dev-disk\x2d1.device`. */
export function matchUnit(typed: string): (unit: string) => boolean {
  const name = completeUnitName(typed);
  if (!isGlob(name)) return (unit) => unit === name;
  const pattern = name.replaceAll('\\', '\\\\');
  return (unit) => matchesGlob(unit, pattern);
}
