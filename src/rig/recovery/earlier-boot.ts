/** How the rigs ended that were armed when the host went down and had no time to say so, or no power. */
import { existsSync } from 'node:fs';
import { startedAtMs } from '../../host/processes/start-time.ts';
import { clearLeftover } from '../collect/work-folder.ts';
import { openLog } from '../log/log.ts';
import { stateFolder, workFolder } from '../records/paths.ts';
import { endWords, type FinishedRecord, shutdownReason } from '../records/rows.ts';
import { type ArmedBefore, readArmedBefore } from '../registry/armed-files.ts';
import { keepRecord, recordOf } from './record.ts';

/** The record of such a rig. It ended at some time before this boot. */
function recordOfEarlier({ state, progress }: ArmedBefore, kept: string[]): FinishedRecord {
  const ended = new Date(Math.max(startedAtMs({ startTime: 0 }), Date.parse(state.spec.created)));
  return recordOf({ state, progress }, 'shutdown', kept, shutdownReason(state.spec, progress.triggers), ended);
}

/** Whether a rig of this boot has the name, and the work folder with it. */
const isTaken = (id: string): boolean => existsSync(stateFolder(id));

/** Their records, which nobody has written yet. What they had collected is still where they worked. */
export async function readEarlierBoot(): Promise<FinishedRecord[]> {
  return (await readArmedBefore()).map((each) => {
    const { id, output } = each.state.spec;
    const work = workFolder(output.folder, id);
    return recordOfEarlier(each, !isTaken(id) && existsSync(work) ? [work] : []);
  });
}

/** Keeps what they had collected and writes their records, unless another command does. */
export async function recordEarlierBoot(): Promise<void> {
  for (const each of await readArmedBefore()) {
    if (!(await each.take())) continue;
    const { spec } = each.state;
    const kept = isTaken(spec.id) ? [] : await clearLeftover(spec);
    const record = recordOfEarlier(each, kept);
    await keepRecord(record, each.room);
    const log = await openLog(spec.id, false, { show: () => {}, remark: () => {} });
    log.info(endWords(record));
  }
}
