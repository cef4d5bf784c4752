/** Where paths lead that are links, or have one in them: see path_resolution(7). */
import { readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { inodeKey } from '../follow/opened-file.ts';

/** This many links in a row are a circle, as for the kernel. */
const mostLinks = 40;

/**
 * Where a path leads, without links; also where that is a file which is not there: it may have been rotated away. Undefined
 * where there is not even a link.
 */
export function targetOf(path: string, links = 0): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    // It leads nowhere at the moment.
  }
  try {
    const next = resolve(realFolder(path), readlinkSync(path));
    return links < mostLinks ? (targetOf(next, links + 1) ?? join(realFolder(next), basename(next))) : undefined;
  } catch {
    // No link, or nothing there.
    return undefined;
  }
}

/** Whether a path leads to a `target` under another name or in another folder. */
export const isLinkTo = (path: string, target: string): boolean => target !== `${realFolder(path)}/${basename(path)}`;

/** The key of a folder; empty when there is no such folder, or none that can be looked at. */
export function keyOfFolder(folder: string): string {
  try {
    const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
    return stat ? inodeKey(stat) : '';
  } catch {
    // ENOTDIR, ELOOP: what comes in its place is waited for.
    return '';
  }
}

function realFolder(path: string): string {
  try {
    return realpathSync(dirname(path));
  } catch {
    // It leads nowhere at the moment.
    return dirname(path);
  }
}
