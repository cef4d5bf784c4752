/** Runs one rig, in the daemon or with --foreground. */
import { ownPrograms } from '../../host/programs/own-programs.ts';
import { programPath } from '../../host/programs/program-path.ts';
import { defendSelf } from '../../host/self-defence.ts';
import type { Plugins } from '../../plugin.ts';
import { openLog } from '../log/log.ts';
import { type FinishedRecord, ownerMarker } from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { writePrograms } from '../registry/programs-file.ts';
import { ownIdentity } from '../registry/state-file.ts';
import { preferSmallHeap } from './heap.ts';
import { LiveRig } from './live-rig.ts';
import type { Starter } from './starter.ts';
import { endWhenUnhandled } from './unhandled.ts';

/** Runs a rig from its spec to its end. Throws if it cannot be armed; then nothing of it remains. */
export async function runRig(spec: RigSpec, starter: Starter, plugins: Plugins): Promise<FinishedRecord> {
  preferSmallHeap();
  if (spec.trustPath) programPath.trustAll();
  const owner = ownIdentity();
  defendSelf();
  ownPrograms.setOwner(ownerMarker(owner), ['--take-down', spec.id, ownerMarker(owner)], (programs) =>
    writePrograms(spec.id, owner, programs),
  );
  const log = await openLog(spec.id, spec.debug, starter);
  const rig = new LiveRig({ version: 3, ...owner, spec }, log, starter, plugins);
  endWhenUnhandled(log, (error) => rig.fail(error));
  await rig.claim();
  try {
    await rig.arm();
  } catch (error) {
    await rig.abandon();
    ownPrograms.dismissGuardian();
    throw error;
  }
  const record = await rig.live();
  // Otherwise its guardian does what is left to do.
  if (await rig.finish(record)) ownPrograms.dismissGuardian();
  return record;
}
