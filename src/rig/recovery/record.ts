/** Records of rigs that could not write them. */
import { isoTime } from '../records/paths.ts';
import {
  commandLineOf,
  type EndStatus,
  type FinishedRecord,
  type Progress,
  type RigState,
  rowOf,
} from '../records/rows.ts';
import { recordRoom, removeArmed } from '../registry/armed-files.ts';
import { writeRecord } from '../registry/finished.ts';

/** What the files of a rig say of it. */
interface Known {
  state: RigState;
  progress: Progress | undefined;
}

/** The record of a rig that could not write it. `kept` are the files in which others have kept what it had collected. */
export function recordOf(
  { state, progress }: Known,
  status: EndStatus,
  kept: string[],
  reason: string,
  ended = new Date(),
): FinishedRecord {
  const row = rowOf(state, progress);
  return {
    ...row,
    archive: kept.at(-1) ?? row.archive,
    archives: [...row.archives, ...kept],
    status,
    ended: isoTime(ended),
    reasons: [reason],
    commandLine: commandLineOf(state.spec),
  };
}

/** Writes the record of a rig that will never write it. `room` keeps room for it. */
export async function keepRecord(record: FinishedRecord, room = recordRoom(record.id)): Promise<void> {
  await writeRecord(record, room);
  await removeArmed(record.id);
}
