/** The records of ended rigs. They outlive a reboot, and are removed when they are old. */
import { constants, existsSync } from 'node:fs';
import { lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { checkOwnFolder, ensureOwnFolder, writeNewFile } from '../../host/folders.ts';
import { jsonText } from '../../terminal/text.ts';
import { armedRoot, finishedRoot, recordRoot } from '../records/paths.ts';
import type { FinishedRecord } from '../records/rows.ts';

/** How long a record is kept, and how many of them. */
const keptMs = 30 * 24 * 60 * 60 * 1000;
const mostKept = 1000;

/** `ID.json`, or `.ID.PID` while it is being written. */
const recordFile = /^[A-Za-z0-9][\w.-]*\.json$/;
const unfinishedFile = /^\.[A-Za-z0-9][\w.-]*\.\d+$/;

/** Makes rig's folders under /var/lib. Throws a RigError if they are not ours. */
export async function ensureRecordFolders(): Promise<void> {
  for (const folder of [recordRoot, finishedRoot, armedRoot]) await ensureOwnFolder(folder);
}

/** The ids of the rigs that have ended, without what is too old. Several rigs of one name have one record, that of the last. */
export async function listFinished(): Promise<string[]> {
  if (!existsSync(finishedRoot)) return [];
  await checkOwnFolder(finishedRoot);
  const [names, old] = [await readdir(finishedRoot), new Set(await listOld())];
  const records = names.filter((name) => recordFile.test(name) && !old.has(name));
  return records.map((name) => name.slice(0, -'.json'.length)).sort();
}

/** The record of an ended rig; undefined if there is none that can be read. */
export async function readRecord(id: string): Promise<FinishedRecord | undefined> {
  try {
    const value = JSON.parse(await readFile(`${finishedRoot}/${id}.json`, 'utf8')) as Partial<FinishedRecord> | null;
    const isRecord = typeof value?.id === 'string' && typeof value.status === 'string' && Array.isArray(value.monitors);
    return isRecord ? (value as FinishedRecord) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes a record. A reader sees all of it or nothing. `room` is the file that has kept room for it: the disk may be full. It is
 * gone then.
 */
export async function writeRecord(record: FinishedRecord, room: string): Promise<void> {
  await ensureRecordFolders();
  // First: where the clock is wrong, the new one may look old.
  for (const name of await listOld()) await rm(`${finishedRoot}/${name}`, { force: true });
  const [path, text] = [`${finishedRoot}/${record.id}.json`, `${jsonText(record)}\n`];
  if (await writeInto(room, text)) return await rename(room, path);
  await rm(room, { force: true });
  await writeWhole(path, text);
}

/** Writes over what a file holds, which takes no room: somebody else would be quicker to take what is given back. */
async function writeInto(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.writeFile(text);
      await file.truncate(Buffer.byteLength(text));
      await file.sync();
      return true;
    } finally {
      await file.close();
    }
  } catch {
    // It was removed, or the text is longer.
    return false;
  }
}

/** Writes a file (0600) that may exist already. A reader sees the new one or the old one. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = path.replace(/([^/]+)\.json$/, `.$1.${process.pid}`);
  await rm(temporary, { force: true });
  await writeNewFile(temporary, text);
  await rename(temporary, path);
}

/** The names of the records that are too old, or too many. Whatever else is in the folder is not among them. */
async function listOld(): Promise<string[]> {
  const names = await readdir(finishedRoot);
  const records: { name: string; mtimeMs: number }[] = [];
  for (const name of names.filter((each) => recordFile.test(each) || unfinishedFile.test(each))) {
    const found = await lstat(`${finishedRoot}/${name}`).catch(() => undefined);
    if (found?.isFile()) records.push({ name, mtimeMs: found.mtimeMs });
  }
  records.sort((a, b) => b.mtimeMs - a.mtimeMs);
  const isOld = ({ mtimeMs }: { mtimeMs: number }): boolean => Date.now() - mtimeMs > keptMs;
  return records.filter((record, index) => index >= mostKept || isOld(record)).map(({ name }) => name);
}
