/** How the rigs ended that were armed when the host went down and had no time to say so, or no power. */
import { existsSync } from 'node:fs';
import { startedAtMs } from '../../host/processes/start-time.ts';
import { clearLeftover } from '../collect/work-folder.ts';
import { openLog } from '../log/log.ts';
import { stateFolder } from '../records/paths.ts';
import { endWords, type FinishedRecord, shutdownReason } from '../records/rows.ts';
import { type ArmedBefore, readArmedBefore } from '../registry/armed-files.ts';
import { keepRecord, recordOf } from './record.ts';

/** The record of such a rig. It ended at some time before this boot. */
function recordOfEarlier({ state, progress }: ArmedBefore, kept: string[]): FinishedRecord {
  const ended = new Date(Math.max(startedAtMs({ startTime: 0 }), Date.parse(state.spec.created)));
  return recordOf({ state, progress }, 'shutdown', kept, shutdownReason(state.spec, progress.triggers), ended);
}

/** Their records, which nobody has written yet. */
export const readEarlierBoot = async (): Promise<FinishedRecord[]> =>
  (await readArmedBefore()).map((each) => recordOfEarlier(each, []));

/** Keeps what they had collected and writes their records, unless another command does. */
export async function recordEarlierBoot(): Promise<void> {
  for (const each of await readArmedBefore()) {
    if (!(await each.take())) continue;
    const { spec } = each.state;
    // A rig of this boot may have the name by now, and the work folder with it.
    const kept = existsSync(stateFolder(spec.id)) ? [] : await clearLeftover(spec);
    const record = recordOfEarlier(each, kept);
    await keepRecord(record);
    const log = await openLog(spec.id, false, { show: () => {}, remark: () => {} });
    log.info(endWords(record));
  }
}
