/** Tells the host's own log, and the program of --notify, what becomes of a rig. */
import { existsSync } from 'node:fs';
import { messageOf } from '../../errors.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import { runProgram } from '../../host/programs/run-program.ts';
import type { Trigger } from '../../plugin.ts';
import { visible } from '../../terminal/text.ts';
import type { FinishedRecord } from '../records/rows.ts';
import type { RigSpec } from '../records/spec.ts';
import { triggerEnvironment } from '../records/trigger-environment.ts';
import type { RigLog } from './log.ts';

/** How long logger(1) and the program of --notify may take. */
const loggerMs = 5000;
const notifyMs = 60_000;

/** How much of a line goes into a field. */
const longestValue = 4096;

type Fields = Record<string, string>;

/** Logs a message with logger(1): to journald with fields, else to /dev/log without. */
async function log(message: string, fields: Fields): Promise<void> {
  const logger = await findProgram('logger');
  if (logger === undefined) return;
  const signal = AbortSignal.timeout(loggerMs);
  if (existsSync('/run/systemd/journal/socket')) {
    const all = { MESSAGE: message, PRIORITY: '5', SYSLOG_IDENTIFIER: 'rig', ...fields };
    const input = Object.entries(all).map(([name, value]) => `${name}=${visible(value).slice(0, longestValue)}\n`);
    await runProgram(logger, ['--journald'], { input: input.join(''), signal });
  } else if (existsSync('/dev/log')) {
    await runProgram(logger, ['-t', 'rig', '-p', 'daemon.notice', '--', visible(message)], { signal });
  }
}

/** Logs that a rig has triggered. The matching text is in a field, not in the message. Never rejects. */
export async function announceTrigger(id: string, { monitor, subject, text }: Trigger, rigLog: RigLog): Promise<void> {
  const fields = { RIG_ID: id, RIG_EVENT: 'triggered', RIG_SOURCE: subject, RIG_TRIGGER_LINE: text };
  await log(`${id} has triggered: ${monitor}, ${subject}`, fields).catch((error) =>
    rigLog.warn(`the trigger cannot be logged: ${messageOf(error)}`),
  );
}

/** Logs that a rig has ended. Never rejects. */
export async function announceEnd({ id, status, archive }: FinishedRecord, rigLog: RigLog): Promise<void> {
  const fields = { RIG_ID: id, RIG_EVENT: 'ended', RIG_STATUS: status, RIG_ARCHIVE: archive ?? '' };
  await log(`${id} has ended: ${status}${archive === null ? '' : `, ${archive}`}`, fields).catch((error) =>
    rigLog.warn(`the end cannot be logged: ${messageOf(error)}`),
  );
}

/** Runs the program of --notify, with the end of the rig and its last trigger in the environment. Never rejects. */
export async function notify(
  spec: RigSpec,
  { id, status, archive, reasons }: FinishedRecord,
  trigger: Trigger | undefined,
  rigLog: RigLog,
): Promise<void> {
  if (!spec.notify) return;
  const { program, args } = spec.notify;
  const end = {
    RIG_STATUS: status,
    RIG_ARCHIVE: archive ?? '',
    RIG_REASONS: reasons.join('; ').slice(0, longestValue),
  };
  try {
    const facts = trigger ? await triggerEnvironment(id, trigger) : { RIG_ID: id };
    const env = { ...facts, RIG_TRIGGER_LINE: facts.RIG_LINE ?? '', ...end };
    const { exitCode, signalName, stderr } = await runProgram(program, args, {
      env,
      signal: AbortSignal.timeout(notifyMs),
    });
    if (exitCode !== 0) rigLog.warn(`--notify ended with ${signalName ?? `exit code ${exitCode}`}: ${stderr.trim()}`);
  } catch (error) {
    rigLog.warn(`--notify: ${messageOf(error)}`);
  }
}
