/** Log files, grouped by what may hang together. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { silentFileSystem } from '../../../host/file-systems.ts';
import { Gate } from '../../../host/gate.ts';
import { fixedFolder } from './names/watched-pattern.ts';

/** Files and patterns of one file system that may stop to answer, behind its gate; or all that are on none, without one. */
interface Group {
  files: string[];
  patterns: string[];
  gate?: Gate;
}

/** The groups that have any files or patterns. `tell` hears when a file system does not answer, and when it does again. */
export function byFileSystem(files: string[], patterns: string[], tell: (text: string) => void): Group[] {
  const groups = new Map<number, Group>([[0, { files: [], patterns: [] }]]);
  const groupOf = (...places: string[]): Group => {
    const place = places.find((path) => silentFileSystem(path) !== undefined);
    const device = place === undefined ? 0 : statSync(place).dev;
    const group = groups.get(device) ?? { files: [], patterns: [], gate: new Gate(place ?? '', tell) };
    groups.set(device, group);
    return group;
  };
  for (const file of files) groupOf(file, dirname(file)).files.push(file);
  for (const pattern of patterns) groupOf(fixedFolder(pattern)).patterns.push(pattern);
  return [...groups.values()].filter((group) => group.files.length + group.patterns.length > 0);
}
