/** Plain data as indented text: names before values, aligned, in the order they come. */
import type { Json } from '../json.ts';
import { visible, widthOf } from './text.ts';

type Scalar = null | boolean | number | string;

const isScalar = (value: Json): value is Scalar => typeof value !== 'object' || value === null;

function formatScalar(value: Scalar): string {
  if (value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return visible(String(value));
}

/** A value that fits on the line of its name; undefined if it needs lines of its own. */
function onOneLine(value: Json): string | undefined {
  if (isScalar(value)) return formatScalar(value);
  const parts = Object.values(value);
  if (parts.length === 0) return '-';
  return Array.isArray(value) && parts.every(isScalar) ? parts.map(formatScalar).join(', ') : undefined;
}

/** `wokenBy` as `woken by`. Anything else, such as a path, stays as it is. */
function asWords(name: string): string {
  if (!/^[a-zA-Z]+$/.test(name)) return visible(name);
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The names and values of an object; the numbers, from 1, and values of a list. */
function childrenOf(value: Json[] | { [key: string]: Json }): [string, Json][] {
  if (!Array.isArray(value)) return Object.entries(value).map(([name, child]) => [asWords(name), child]);
  return value.map((child, index) => [String(index + 1), child]);
}

/** The lines of an object or a list, each indented by `indent`. */
export function formatTree(value: Json[] | { [key: string]: Json }, indent = ''): string[] {
  const children = childrenOf(value).map(([name, child]) => ({ name, child, line: onOneLine(child) }));
  const widest = Math.max(...children.filter(({ line }) => line !== undefined).map(({ name }) => widthOf(name)), 0);
  return children.flatMap(({ name, child, line }) => {
    if (line !== undefined || isScalar(child))
      return [`${indent}${name}${' '.repeat(widest - widthOf(name))}  ${line}`.trimEnd()];
    return [`${indent}${name}`, ...formatTree(child, `${indent}  `)];
  });
}
