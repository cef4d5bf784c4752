/** How rigs ended, also those that an earlier boot of this host ended and of which no record is written yet. Nothing is changed. */
import type { FinishedRecord } from '../records/rows.ts';
import { listFinished, readRecord } from '../registry/finished.ts';
import { readEarlierBoot } from './earlier-boot.ts';

/** The ids of the rigs that have ended, each once. */
export async function listEnded(): Promise<string[]> {
  const before = (await readEarlierBoot()).map(({ id }) => id);
  return [...new Set([...(await listFinished()), ...before])].sort();
}

/** The record of the last rig of that id that has ended; undefined if nothing is known of one. */
export async function readEnded(id: string): Promise<FinishedRecord | undefined> {
  return (await readEarlierBoot()).find((record) => record.id === id) ?? (await readRecord(id));
}
