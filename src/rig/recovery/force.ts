/** Ends a rig that cannot be asked to end: it hangs, is stopped, or is of another version. */
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import { sendSignal } from '../../host/processes/stat.ts';
import { killGuardian } from '../../host/programs/guardian.ts';
import type { Owner } from '../records/rows.ts';
import { meet, type TakeDown } from '../registry/meet.ts';
import { lifeOfOwner } from '../registry/state-file.ts';

/** How long a rig may take to end after SIGTERM: it ends its programs and packs what they had collected. */
const orderlyMs = 15_000;
/** How long the kernel may take to end a killed process. It cannot end one in uninterruptible sleep (D). */
const killedMs = 5000;
const pollMs = 20;

/** Throws a RigError if nobody can say which process a rig is: it may not get a signal then. */
function checkKnown(id: string, owner: Owner): void {
  if (lifeOfOwner(owner) === 'unknown')
    throw new RigError(`${id}: its process cannot be seen from here (a container?): end it where it was made`);
}

/** Waits until a process has ended. Resolves to whether it has. */
async function hasEnded(owner: Owner, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (lifeOfOwner(owner) !== 'dead') {
    if (performance.now() > deadline) return false;
    await delay(pollMs);
  }
  return true;
}

/** Kills a daemon and cleans up what it leaves, its programs included. Throws a RigError if it cannot be. */
export async function killRig(id: string, owner: Owner, takeDown: TakeDown): Promise<void> {
  checkKnown(id, owner);
  if (lifeOfOwner(owner) === 'alive') {
    // A guardian would keep what is to be discarded. Stopped, the daemon starts no new one.
    sendSignal(owner.pid, 'SIGSTOP');
    await killGuardian(owner.pid);
    sendSignal(owner.pid, 'SIGKILL');
  }
  if (!(await hasEnded(owner, killedMs)))
    throw new RigError(
      `${id}: process ${owner.pid} cannot be killed: it waits in the kernel (state D), for a disk perhaps`,
    );
  await meet(id, takeDown);
}

/**
 * Ends a rig of another version: every version ends in order at SIGTERM. If it takes too long, `force` kills it; without
 * `force`, throws a RigError.
 */
export async function endForeign(id: string, owner: Owner, force: boolean, takeDown: TakeDown): Promise<void> {
  checkKnown(id, owner);
  if (lifeOfOwner(owner) === 'alive') sendSignal(owner.pid, 'SIGTERM');
  if (await hasEnded(owner, orderlyMs)) await meet(id, takeDown);
  else if (force) await killRig(id, owner, takeDown);
  else
    throw new RigError(
      `${id}: a rig of another version, which did not end within ${orderlyMs / 1000} s; rig destroy --force ${id} kills it`,
    );
}
