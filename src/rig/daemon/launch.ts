/** Starts the daemon and waits until it is armed. */
import { existsSync } from 'node:fs';
import { errnoOf, messageOf, RigError } from '../../errors.ts';
import { type Limits, readLimits } from '../../host/limits.ts';
import { type DetachedProgram, startDetached } from '../../host/programs/detached.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import { runProgram } from '../../host/programs/run-program.ts';
import { type RigSpec, randomId } from '../records/spec.ts';
import { takeDownUnarmed, takeDownWith } from '../recovery/leftover.ts';
import { findLive, removeDeadClaims } from '../registry/meet.ts';
import { receiveJson, sendJson } from '../wire/json-lines.ts';
import { type FromDaemon, fromFailure, type ToDaemon } from './daemon.ts';

/** How long arming may take. */
const armingMs = 30_000;

/** How long a daemon may take to take itself down: longer than it gives its children. */
const endingMs = 8000;

/** Tells the user. */
interface Teller {
  remark(text: string): void;
  /** The rig is armed: prints its id. */
  armed(id: string): void;
}

/** The program ended before the daemon said a word. */
class NotStarted extends RigError {}

/**
 * Commands that start the daemon in a systemd scope of its own, in the order to try them. In system.slice it outlives a logout
 * with KillUserProcesses=yes, and systemctl shows it. See systemd-run(1) and logind.conf(5).
 */
async function scopeCommands(id: string): Promise<string[][]> {
  // sd_booted(3)
  if (!existsSync('/run/systemd/system')) return [];
  const systemdRun = await findProgram('systemd-run');
  if (systemdRun === undefined) return [];
  // An earlier rig of this name keeps its scope until its --notify is done.
  return [`rig-${id}`, `rig-${id}-${randomId()}`].map((unit) => {
    const scope = ['--scope', '--collect', '--quiet', `--unit=${unit}`, '--slice=system.slice'];
    return [systemdRun, ...scope, `--description=rig ${id}`, '--'];
  });
}

/** Limits of a shell (ulimit -t and -f) that would end a rig or keep it from writing: their names in prlimit(1) and proc_pid_limits(5). */
const liftedLimits = [
  ['cpu', 'Max cpu time'],
  ['fsize', 'Max file size'],
] as const;

/** Lifts the limits that the daemon would inherit from a shell or from limits.conf(5). */
async function liftLimits(limits: Limits, remark: (text: string) => void): Promise<void> {
  const set = liftedLimits.filter(([, name]) => Number.isFinite(limits.get(name)?.soft));
  if (set.length === 0) return;
  const prlimit = await findProgram('prlimit');
  const args = ['--pid', String(process.pid), ...set.map(([option]) => `--${option}=unlimited`)];
  const done = prlimit !== undefined && (await runProgram(prlimit, args)).exitCode === 0;
  if (!done)
    remark(
      `this shell has limits that also hold for the rig and cannot be lifted: ${set.map(([, name]) => name).join(', ')}`,
    );
}

/**
 * A command that keeps the daemon from leaving a core, which would hold lines of logs. A limit of 1 byte, unlike 0, also keeps
 * the kernel from starting a program of core_pattern: core(5). Programs of the rig inherit the limit, and may raise it. A hard
 * limit of 0 cannot be raised.
 */
async function withoutCore(limits: Limits): Promise<string[]> {
  const prlimit = limits.get('Max core file size')?.hard === 0 ? undefined : await findProgram('prlimit');
  return prlimit === undefined ? [] : [prlimit, '--core=1:', '--'];
}

/** Talks to the daemon until it is armed. Throws the error that it met; then nothing of it remains. */
async function converse(daemon: DetachedProgram, spec: RigSpec, teller: Teller): Promise<void> {
  const armed = Promise.withResolvers<void>();
  let started = false;
  const handle = (message: FromDaemon): void => {
    if (message.kind === 'started') started = true;
    else if (message.kind === 'remark') teller.remark(message.text);
    else if (message.kind === 'armed') armed.resolve();
    else armed.reject(fromFailure(message.error));
  };
  receiveJson(
    daemon.channel,
    (value) => handle(value as FromDaemon),
    (error) => {
      // A killed daemon may end or reset the connection: a reset says no more.
      const why = `the daemon ended before it was armed${error && errnoOf(error) === undefined ? `: ${messageOf(error)}` : ''}`;
      armed.reject(started ? new RigError(why) : new NotStarted(why));
    },
  );
  const timer = setTimeout(() => armed.reject(new RigError(`not armed within ${armingMs / 1000} s`)), armingMs);
  sendJson(daemon.channel, { kind: 'spec', spec } satisfies ToDaemon);
  try {
    await armed.promise;
    teller.armed(spec.id);
    sendJson(daemon.channel, { kind: 'told' } satisfies ToDaemon);
    await new Promise<void>((resolve) => daemon.channel.end(resolve));
  } catch (error) {
    // It ends by itself when nobody listens. If it has to be killed, this cleans up after it.
    daemon.channel.destroy();
    await daemon.endWithin(endingMs);
    await findLive(spec.id, takeDownUnarmed);
    await removeDeadClaims().catch(() => 'there is no /run/rig');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Starts the rig. Resolves when it is armed and the user has been told; throws when it cannot be, and nothing remains. */
export async function launch(spec: RigSpec, teller: Teller): Promise<void> {
  const limits = readLimits();
  await liftLimits(limits, teller.remark);
  // The words behind --daemon are for ps(1).
  const command = [
    ...(await withoutCore(limits)),
    process.execPath,
    '--daemon',
    spec.id,
    ...spec.monitors.map(({ name }) => name),
  ];
  // Processes that a killed rig of this name left may hold its scope.
  await findLive(spec.id, takeDownWith(teller.remark));
  const scopes = await scopeCommands(spec.id);
  for (const scope of scopes) {
    try {
      return await converse(await startDetached([...scope, ...command]), spec, teller);
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error;
    }
  }
  await converse(await startDetached(command), spec, teller);
  if (scopes.length > 0)
    teller.remark('systemd-run could not give the rig a scope of its own: it may end when you log out');
}
