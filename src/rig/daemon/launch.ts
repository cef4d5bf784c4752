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

/** What the user is told on the way. */
interface Teller {
  remark(text: string): void;
  /** The rig is armed: prints its id. */
  armed(id: string): void;
}

/** The program has ended, or was never able to, before the daemon in it said a word. */
class NotStarted extends RigError {}

/**
 * Under systemd the daemon gets a scope of its own in system.slice: it outlives a logout where KillUserProcesses=yes, and
 * shows in systemctl. See systemd-run(1) and logind.conf(5).
 */
async function scopeCommands(id: string): Promise<string[][]> {
  // sd_booted(3)
  if (!existsSync('/run/systemd/system')) return [];
  const systemdRun = await findProgram('systemd-run');
  if (systemdRun === undefined) return [];
  // An earlier rig of this name has its scope until its --notify is done.
  return [`rig-${id}`, `rig-${id}-${randomId()}`].map((unit) => {
    const scope = ['--scope', '--collect', '--quiet', `--unit=${unit}`, '--slice=system.slice'];
    return [systemdRun, ...scope, `--description=rig ${id}`, '--'];
  });
}

/** Limits of a shell (ulimit -t and -f) that would end a rig, or keep it from writing: their names in prlimit(1) and in /proc. */
const liftedLimits = [
  ['cpu', 'Max cpu time'],
  ['fsize', 'Max file size'],
] as const;

/** Lifts those of its `limits` that this process, and so the daemon, has from a shell or from limits.conf(5). */
async function liftLimits(limits: Limits, remark: (text: string) => void): Promise<void> {
  const set = liftedLimits.filter(([, name]) => Number.isFinite(limits.get(name)?.soft));
  if (set.length === 0) return;
  const prlimit = await findProgram('prlimit');
  const args = ['--pid', String(process.pid), ...set.map(([option]) => `--${option}=unlimited`)];
  const done = prlimit !== undefined && (await runProgram(prlimit, args)).exitCode === 0;
  if (!done)
    remark(
      `a limit of this shell holds for the rig, too, and cannot be lifted: ${set.map(([, name]) => name).join(', ')}`,
    );
}

/**
 * Has the daemon leave no core: it would hold lines of logs, and it is the host's disk. A limit of 1 byte also keeps the kernel
 * from starting a program of core_pattern, which a limit of 0 does not: core(5). What the rig starts has the limit too, and
 * may raise it. Where the hard limit is 0 already there is nothing to be set: no limit may be above it.
 */
async function withoutCore(limits: Limits): Promise<string[]> {
  const prlimit = limits.get('Max core file size')?.hard === 0 ? undefined : await findProgram('prlimit');
  return prlimit === undefined ? [] : [prlimit, '--core=1:', '--'];
}

/** Talks to the daemon until it is armed. Throws what it could not do; then it is gone, or ends by itself. */
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
      // A daemon that is killed resets the connection; which of the two is seen depends on the moment.
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
    // It ends by itself when nobody listens any more; one that has to be killed leaves what it had made so far.
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
  // The daemon ignores the two words behind --daemon: they are for who looks at ps(1).
  const command = [
    ...(await withoutCore(limits)),
    process.execPath,
    '--daemon',
    spec.id,
    ...spec.monitors.map(({ name }) => name),
  ];
  // What a killed rig of this name has left may hold its scope.
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
