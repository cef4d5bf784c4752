/** What the files in a rig's folder hold, as far as it can be trusted. */
import { RigError } from '../../errors.ts';
import { readProcess } from '../../host/processes/stat.ts';
import type { Owner, Progress, RigState } from '../records/rows.ts';
import { noProc } from './state-folder.ts';

/** This process. */
export async function ownIdentity(): Promise<Owner> {
  const self = readProcess(process.pid);
  if (self === undefined) throw new RigError(noProc);
  return { pid: self.pid, startTime: self.startTime };
}

/** Whether it names a process. So much every version of rig has in its `rig.json`. */
export function isOwner(value: unknown): value is Owner {
  const { pid, startTime } = (value ?? {}) as Partial<Owner>;
  return typeof pid === 'number' && typeof startTime === 'number';
}

/** Whether it is what this version of rig writes. */
export function isState(value: unknown): value is RigState {
  const { version, spec } = (value ?? {}) as Partial<RigState>;
  return isOwner(value) && version === 3 && Array.isArray(spec?.monitors) && Array.isArray(spec.actions);
}

export function isProgress(value: unknown): value is Progress {
  const { triggers, restartsLeft, archives } = (value ?? {}) as Partial<Progress>;
  return typeof triggers === 'number' && typeof restartsLeft === 'number' && Array.isArray(archives);
}
