/** Journal files that rig cannot read, beside those of a host's journald. */
import { posix } from 'node:path';
import type { TestHost } from './host.ts';
import { objectsOf } from './journal-objects.ts';

/** What can be wrong with a file, by what rig says of it. */
export const strangeKinds = {
  'incompatible flags that are not known': (file: Buffer) =>
    file.writeUInt32LE(file.readUInt32LE(12) | 0x4000_0000, 12),
  'compressed with XZ': (file: Buffer) => file.writeUInt32LE(file.readUInt32LE(12) | 1, 12),
  'a compression that is not known': (file: Buffer) => {
    for (const { offset } of objectsOf(file).filter(({ type }) => type === dataType)) file[offset + 1] = 0x40;
  },
  'there is no entry at': (file: Buffer) => {
    const last = objectsOf(file).findLast(({ type }) => type === entryType);
    if (last) file.fill(0, last.offset, last.offset + last.size);
  },
} as const;
const [dataType, entryType] = [1, 3];

export type StrangeKind = keyof typeof strangeKinds;

/** The folder of the host's journal in memory. */
export function journalFolder(host: TestHost, root = '/run/log/journal'): string {
  return posix.join(root, host.list(root)[0] ?? '');
}

/** Puts a copy of the journal as it is now, with something wrong in it, beside it, as the file of a user; gives its path. */
export async function addStrangeFile(host: TestHost, kind: StrangeKind): Promise<string> {
  const folder = journalFolder(host);
  const content = host.readBuffer(`${folder}/system.journal`);
  content.fill(7, 24, 40); // a file id of its own
  strangeKinds[kind](content);
  host.write('/run/strange', content);
  const path = `${folder}/user-4711.journal`;
  await host.must('mv', ['/run/strange', path]);
  return path;
}
