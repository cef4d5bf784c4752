/** Starts the daemon and waits until it is armed. */
import { existsSync } from 'node:fs';
import { messageOf, RigError, UsageError } from '../errors.ts';
import { type DetachedProgram, findProgram, startDetached } from '../host/programs.ts';
import type { FromDaemon, ToDaemon } from './daemon.ts';
import { receiveJson, sendJson } from './json-lines.ts';
import { takeDownWith } from './leftover.ts';
import { meet } from './registry.ts';
import type { RigSpec } from './spec.ts';

/** How long arming may take. */
const armingMs = 30_000;

/** What the user is told on the way. */
export interface Teller {
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
async function scopeCommand(id: string): Promise<string[] | undefined> {
  // sd_booted(3)
  if (!existsSync('/run/systemd/system')) return undefined;
  const systemdRun = await findProgram('systemd-run');
  if (systemdRun === undefined) return undefined;
  const scope = [
    '--scope',
    '--collect',
    '--quiet',
    `--unit=rig-${id}`,
    '--slice=system.slice',
    `--description=rig ${id}`,
  ];
  return [systemdRun, ...scope, '--'];
}

/** Talks to the daemon until it is armed. Throws what it could not do; then it is gone, or ends by itself. */
async function converse(daemon: DetachedProgram, spec: RigSpec, teller: Teller): Promise<void> {
  const armed = Promise.withResolvers<void>();
  let started = false;
  const handle = (message: FromDaemon): void => {
    if (message.kind === 'started') started = true;
    else if (message.kind === 'remark') teller.remark(message.text);
    else if (message.kind === 'armed') armed.resolve();
    else armed.reject(message.exitCode === 2 ? new UsageError(message.message) : new RigError(message.message));
  };
  receiveJson(
    daemon.channel,
    (value) => handle(value as FromDaemon),
    (error) => {
      const why = error ? messageOf(error) : 'the daemon ended before it was armed';
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
    await daemon.endWithin(5000);
    // A daemon that had to be killed leaves what it had made so far.
    await meet(
      spec.id,
      takeDownWith(() => {}),
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Starts the rig. Resolves when it is armed and the user has been told; throws when it cannot be, and nothing remains. */
export async function launch(spec: RigSpec, teller: Teller): Promise<void> {
  const command = [process.execPath, '--daemon'];
  const scope = await scopeCommand(spec.id);
  if (scope) {
    try {
      return await converse(await startDetached([...scope, ...command]), spec, teller);
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error;
    }
  }
  await converse(await startDetached(command), spec, teller);
  if (scope) teller.remark('systemd-run could not give the rig a scope of its own: it may end when you log out');
}
