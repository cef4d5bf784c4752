/** Checks of what the files in a rig's folder hold. */
import { noProc } from '../../host/descriptors.ts';
import { readProcess } from '../../host/processes/stat.ts';
import type { Owner, Progress, RigState } from '../records/rows.ts';

/** This process. */
export function ownIdentity(): Owner {
  const self = readProcess(process.pid);
  if (self === undefined) throw noProc();
  return { pid: self.pid, startTime: self.startTime };
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
