/** How a rig ends, and how that is recorded. */
import { messageOf } from '../../errors.ts';
import type { EndStatus } from '../records/rows.ts';

/** Somebody ends the rig. */
export interface EndRequest {
  by: string;
  /** Whether to keep what was collected. */
  keep: boolean;
}

/** What ends a rig, beside the last trigger. */
export type End =
  | { kind: 'request'; request: EndRequest }
  | { kind: 'failure'; error: unknown }
  | { kind: 'exhausted'; reason: string }
  | { kind: 'expiry' };

/** What a rig has done when it ends. */
export interface Done {
  triggers: number;
  hasFailed: boolean;
  /** What went wrong. */
  reasons: string[];
  /** Something was being collected and is discarded. */
  hasDiscarded: boolean;
}

/** The status and the reasons of the record. */
export function outcomeOf(end: End | undefined, done: Done): { status: EndStatus; reasons: string[] } {
  const { triggers, hasFailed, reasons, hasDiscarded } = done;
  if (end?.kind === 'request') {
    const discarded = hasDiscarded ? ', what was being collected is discarded' : '';
    return { status: 'destroyed', reasons: [...reasons, `ended by ${end.request.by}${discarded}`] };
  }
  if (end?.kind === 'failure') return { status: 'failed', reasons: [...reasons, messageOf(end.error)] };
  if (end?.kind === 'exhausted' && triggers === 0) return { status: 'failed', reasons: [end.reason] };
  if (end?.kind === 'expiry') return { status: 'expired', reasons };
  return { status: hasFailed ? 'failed' : 'finished', reasons };
}
