/** How a rig ends, and how that is recorded. */
import { messageOf, RigError } from '../../errors.ts';
import { callerWords } from '../../host/caller.ts';
import { isoTime } from '../records/paths.ts';
import {
  commandLineOf,
  type EndStatus,
  type FinishedRecord,
  type Progress,
  type RigState,
  rowOf,
  shutdownReason,
} from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import type { Request } from '../wire/control.ts';

/** Somebody ends the rig. */
export interface EndRequest {
  by: string;
  /** Whether to keep what was collected. */
  keep: boolean;
}

/** What service managers and the host's shutdown send. */
export const endSignal = 'SIGTERM';

/**
 * What `rig stop` or `rig destroy` asks for. Throws a RigError where that would throw away what is being collected, and nobody
 * has said so.
 */
export function askedEnd(
  { id, owner: user, tty }: RigSpec,
  { command, caller, discard }: Request,
  collectingSince: string | undefined,
): EndRequest {
  const keep = command === 'stop';
  if (!keep && !discard && collectingSince !== undefined)
    throw new RigError(
      `has been collecting since ${collectingSince}: rig stop ${id} ends it and keeps what there is, rig destroy --discard ${id} throws that away`,
    );
  const who = caller ? ` of ${callerWords(caller)}` : '';
  const whose = caller && caller.user !== user ? ` (armed by ${callerWords({ user, tty })})` : '';
  return { by: `rig ${command}${who}${whose}`, keep };
}

/** What ends a rig, beside the last trigger. */
export type End =
  | { kind: 'request'; request: EndRequest }
  | { kind: 'failure'; error: unknown }
  | { kind: 'exhausted'; reason: string }
  | { kind: 'expiry' };

/** What a rig has done when it ends. */
export interface Done {
  hasFailed: boolean;
  /** What went wrong. */
  reasons: string[];
  /** Something was being collected and is discarded. */
  hasDiscarded: boolean;
  /** The host goes down, and that is why the rig ends. */
  isShutdown: boolean;
}

/** The record of its end. */
export function recordOf(state: RigState, progress: Progress, end: End | undefined, done: Done): FinishedRecord {
  const outcome = outcomeOf(state.spec, progress.triggers, end, done);
  return { ...rowOf(state, progress), ...outcome, ended: isoTime(new Date()), commandLine: commandLineOf(state.spec) };
}

function outcomeOf(
  spec: RigSpec,
  triggers: number,
  end: End | undefined,
  { hasFailed, reasons, hasDiscarded, isShutdown }: Done,
): { status: EndStatus; reasons: string[] } {
  if (isShutdown) return { status: 'shutdown', reasons: [...reasons, shutdownReason(spec, triggers)] };
  if (end?.kind === 'request') {
    const discarded = hasDiscarded ? ', what was being collected is discarded' : '';
    const status = end.request.keep && !hasDiscarded ? 'stopped' : 'destroyed';
    return { status, reasons: [...reasons, `ended by ${end.request.by}${discarded}`] };
  }
  if (end?.kind === 'failure') return { status: 'failed', reasons: [...reasons, messageOf(end.error)] };
  if (end?.kind === 'exhausted' && triggers === 0) return { status: 'failed', reasons: [end.reason] };
  if (end?.kind === 'expiry') return { status: 'expired', reasons };
  return { status: hasFailed ? 'failed' : 'finished', reasons };
}
