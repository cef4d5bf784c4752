/** The records of ended rigs, kept until the next reboot. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { checkOwnFolder, writeNewFile } from '../../host/folders.ts';
import { finishedRoot } from '../records/paths.ts';
import type { FinishedRecord } from '../records/rows.ts';
import { ensureStateRoot } from './claim.ts';

/** The ids of the rigs that have ended since the host was started. Several rigs of one name have one record, that of the last. */
export async function listFinished(): Promise<string[]> {
  if (!existsSync(finishedRoot)) return [];
  await checkOwnFolder(finishedRoot);
  const names = await readdir(finishedRoot);
  return names.flatMap((name) => /^([^.].*)\.json$/.exec(name)?.[1] ?? []).sort();
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

/** Writes a record. A reader sees all of it or nothing. */
export async function writeRecord(record: FinishedRecord): Promise<void> {
  await ensureStateRoot();
  const temporary = `${finishedRoot}/.${record.id}.${process.pid}`;
  await rm(temporary, { force: true });
  await writeNewFile(temporary, `${JSON.stringify(record, null, 2)}\n`);
  await rename(temporary, `${finishedRoot}/${record.id}.json`);
}
