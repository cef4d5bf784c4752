/** Checks of what the files in a rig's folder hold. */
import { noProc } from '../../host/descriptors.ts';
import { ownPidNamespace } from '../../host/processes/namespace.ts';
import { foundIn, type Life } from '../../host/processes/read-at-once.ts';
import { lifeOf, lookAt } from '../../host/processes/stat.ts';
import type { Owner, Progress, RigState } from '../records/rows.ts';

/** This process. */
export function ownIdentity(): Owner {
  const [self, pidNamespace] = [foundIn(lookAt(process.pid)), ownPidNamespace()];
  if (self === undefined || pidNamespace === undefined) throw noProc();
  return { pid: self.pid, startTime: self.startTime, pidNamespace };
}

/**
 * Whether the process of a rig, a claim or a cleaner lives. Of one in another pid namespace, such as a container's, that cannot be
 * known: its pid means another process here, or none. See pid_namespaces(7).
 */
export function lifeOfOwner(owner: Owner): Life {
  const own = ownPidNamespace();
  return own !== undefined && (owner.pidNamespace ?? own) === own ? lifeOf(owner) : 'unknown';
}

/** Whether it names a process, as the `rig.json` of every version does. */
export function isOwner(value: unknown): value is Owner {
  const { pid, startTime } = (value ?? {}) as Partial<Owner>;
  return typeof pid === 'number' && typeof startTime === 'number';
}

/** Whether this version of rig wrote it. */
export function isState(value: unknown): value is RigState {
  const { version, spec } = (value ?? {}) as Partial<RigState>;
  return isOwner(value) && version === 3 && Array.isArray(spec?.monitors) && Array.isArray(spec.actions);
}

/** Whether it is how far a rig has got. */
export function isProgress(value: unknown): value is Progress {
  const { triggers, restartsLeft, archives } = (value ?? {}) as Partial<Progress>;
  return typeof triggers === 'number' && typeof restartsLeft === 'number' && Array.isArray(archives);
}
