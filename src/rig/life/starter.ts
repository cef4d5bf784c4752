/** What a rig says to those outside. */
import type { SourceStatus } from '../../plugin.ts';
import type { Gap } from '../records/gaps.ts';
import type { LiveStatus, RigRow } from '../records/rows.ts';
import type { EndRequest } from './end.ts';

/** What `rig list` and `rig info` show of a live rig. */
export interface RigStatus extends RigRow {
  status: LiveStatus;
  sources: SourceStatus[];
  gaps: Gap[];
}

/** Who started the rig. */
export interface Starter {
  /** Something that the user should know, while the rig is being armed. */
  remark(text: string): void;
  /** The rig is armed: from now on nothing is missed. Rejects if the starter is gone. */
  armed(): Promise<void>;
  /** Each line of the rig's log. */
  show(line: string): void;
  /** Calls back when the rig is to end. */
  onEndRequest(end: (request: EndRequest) => void): void;
}
