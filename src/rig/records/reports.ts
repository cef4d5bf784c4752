/** What the manifest says of each action. */
import type { Facts } from '../../plugin.ts';

/** One program that an action ran. */
export interface ProgramReport {
  argv: string[];
  exitCode: number | null;
  signal: string | null;
  durationMs: number;
  /** The last 4 KiB. */
  stderr: string;
}

export interface ActionReport {
  name: string;
  /** Its folder in the archive: its name, and a number where it was repeated. */
  folder: string;
  /**
   * - ended: the rig was ended while it ran, or before it could
   * - disk full: it was not started, or was ended, to keep --min-free
   */
  status: 'done' | 'failed' | 'timed out' | 'ended' | 'disk full';
  started: string;
  durationMs: number;
  /** Why it failed. */
  reason: string | null;
  details: Facts;
  programs: ProgramReport[];
}
