/** `rig --daemon`: the detached process that is a rig. Its starter sends the spec through a pipe and hears how arming went. */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { RigError, UsageError } from '../../errors.ts';
import { setOwnName } from '../../host/own-name.ts';
import type { Plugins } from '../../plugin.ts';
import { type EndRequest, endSignal } from '../life/end.ts';
import { runRig } from '../life/run-rig.ts';
import type { Starter } from '../life/starter.ts';
import type { RigSpec } from '../records/spec.ts';
import { receiveJson, sendJson } from '../wire/json-lines.ts';

/** The descriptor of the pipe (a socket pair) to the starter. */
const starterDescriptor = 3;

/** From the starter to the daemon. `told`: the user knows the id. */
export type ToDaemon = { kind: 'spec'; spec: RigSpec } | { kind: 'told' };
/** From the daemon to its starter. */
export type FromDaemon =
  | { kind: 'started' }
  | { kind: 'remark'; text: string }
  | { kind: 'armed' }
  | { kind: 'error'; error: Failure };

/** An error that crosses the pipe. The starter throws it as its own. */
interface Failure {
  name: string;
  message: string;
  stack?: string;
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  return { name, message, ...(stack === undefined ? {} : { stack }) };
}

/** The error that the daemon met. */
export function fromFailure({ name, message, stack }: Failure): Error {
  if (name === 'UsageError') return new UsageError(message);
  if (name === 'RigError') return new RigError(message);
  return Object.assign(new Error(message), stack === undefined ? {} : { stack });
}

/** SIGTERM and SIGINT end the rig in order. A closed terminal or a curious kill -USR1 must not. */
export function handleSignals(end: (request: EndRequest) => void): void {
  for (const name of [endSignal, 'SIGINT'] as const) process.on(name, () => end({ by: name, keep: true }));
  for (const name of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) process.on(name, () => {});
}

function connectStarter(): Socket {
  try {
    if (!fstatSync(starterDescriptor).isSocket()) throw new Error('not a socket');
  } catch {
    throw new UsageError('--daemon is how rig starts itself; see rig --help for what you can type');
  }
  return new Socket({ fd: starterDescriptor });
}

const say = (socket: Socket, message: FromDaemon): void => sendJson(socket, message);

/** The process at the other end of `socket`, and the spec that it sends. The spec rejects if it ends before that. */
export function listenTo(socket: Socket): { spec: Promise<RigSpec>; starter: Starter } {
  const spec = Promise.withResolvers<RigSpec>();
  const told = Promise.withResolvers<void>();
  receiveJson(
    socket,
    (value) => {
      const message = value as ToDaemon;
      if (message.kind === 'spec') spec.resolve(message.spec);
      else told.resolve();
    },
    () => {
      const gone = new RigError('whoever started the rig is gone');
      spec.reject(gone);
      told.reject(gone);
    },
  );
  // Otherwise a rejection that nobody awaits yet would count as unhandled.
  for (const { promise } of [spec, told]) promise.catch(() => {});
  say(socket, { kind: 'started' });
  let isArmed = false;
  const starter: Starter = {
    remark: (text) => {
      // Once armed, the starter may be gone. To write would break the socket, and what it has said would be lost.
      if (!isArmed) say(socket, { kind: 'remark', text });
    },
    show: () => {},
    armed: async () => {
      say(socket, { kind: 'armed' });
      isArmed = true;
      await told.promise;
      socket.destroy();
    },
    onEndRequest: (end) => {
      handleSignals(end);
      told.promise.catch(() => end({ by: 'the end of its starter', keep: false }));
    },
  };
  return { spec: spec.promise, starter };
}

/** Runs the daemon to the end of its rig. */
export async function runDaemon(plugins: Plugins): Promise<void> {
  const socket = connectStarter();
  setOwnName('rig');
  process.umask(0o077);
  const { spec, starter } = listenTo(socket);
  try {
    await runRig(await spec, starter, plugins);
  } catch (error) {
    say(socket, { kind: 'error', error: toFailure(error) });
    if (socket.writable) await new Promise<void>((resolve) => socket.end(resolve));
  }
}
