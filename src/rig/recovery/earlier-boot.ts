/** Records how the rigs ended that were armed when the host went down and had no time to say so, or no power. */
import { existsSync } from 'node:fs';
import { startedAtMs } from '../../host/processes/start-time.ts';
import { clearLeftover } from '../collect/work-folder.ts';
import { openLog } from '../log/log.ts';
import { stateFolder } from '../records/paths.ts';
import { endWords, shutdownReason } from '../records/rows.ts';
import { takeArmedBefore } from '../registry/armed-files.ts';
import { recordEnd } from './leftover.ts';

/** Keeps what they had collected and writes their records, unless another command does. */
export async function recordEarlierBoot(): Promise<void> {
  for (const { state, progress } of await takeArmedBefore()) {
    const { spec } = state;
    // A rig of this boot may have the name by now, and the work folder with it.
    const kept = existsSync(stateFolder(spec.id)) ? [] : await clearLeftover(spec);
    // It ended at some time before this boot.
    const ended = new Date(Math.max(startedAtMs({ startTime: 0 }), Date.parse(spec.created)));
    const reason = shutdownReason(spec, progress.triggers);
    const record = await recordEnd({ state, progress }, 'shutdown', kept, reason, ended);
    const log = await openLog(spec.id, false, { show: () => {}, remark: () => {} });
    if (record) log.info(endWords(record));
  }
}
