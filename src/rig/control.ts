/** The control socket: how `rig list` and `rig destroy` talk to a rig. One JSON object per line, each way. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageOf, RigError } from '../errors.ts';
import { receiveJson, sendJson } from './json-lines.ts';
import { controlSocket } from './paths.ts';

/** What can be asked. */
type Request = { command: 'status' } | { command: 'destroy' };
type Answer = { ok: true; result: unknown } | { ok: false; error: string };

/** No request is longer. */
const maxRequestBytes = 64 * 1024;
/** A client that says nothing for so long is not one of ours. */
const silentClientMs = 5000;
/** More clients at once are turned away: they wait in the kernel's queue for nothing. */
const maxClients = 256;

function isRequest(value: unknown): value is Request {
  const command = typeof value === 'object' && value !== null && 'command' in value ? value.command : undefined;
  return command === 'status' || command === 'destroy';
}

async function answer(socket: Socket, value: unknown, handle: (request: Request) => Promise<unknown>): Promise<void> {
  const reply: Answer = isRequest(value)
    ? await handle(value).then(
        (result) => ({ ok: true as const, result }),
        (error) => ({ ok: false as const, error: messageOf(error) }),
      )
    : { ok: false, error: 'unknown command' };
  sendJson(socket, reply);
  socket.setTimeout(silentClientMs, () => socket.destroy());
  socket.end();
}

/**
 * Serves one request per connection on a unix socket at `path`. A client that sends garbage, too much or nothing at all, or
 * does not read the answer, is disconnected;
 * nothing a client does reaches further than its own connection.
 */
export async function serveControl(path: string, handle: (request: Request) => Promise<unknown>): Promise<Server> {
  const server = createServer((socket) => {
    let asked = false;
    const silent = setTimeout(() => socket.destroy(), silentClientMs);
    socket.on('close', () => clearTimeout(silent));
    receiveJson(
      socket,
      (value) => {
        if (asked) return;
        asked = true;
        clearTimeout(silent);
        void answer(socket, value, handle);
      },
      () => socket.destroy(),
      maxRequestBytes,
    );
  });
  server.maxConnections = maxClients;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

/** Asks the rig `id`. Throws a RigError when it does not answer within `timeoutMs` or answers with an error. */
export function askRig(id: string, request: Request, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocket(id));
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      act();
    };
    const fail = (why: string): void => settle(() => reject(new RigError(`${id}: ${why}`)));
    const timer = setTimeout(() => fail(`does not answer within ${timeoutMs / 1000} s`), timeoutMs);
    receiveJson(
      socket,
      (value) => {
        const reply = value as Answer;
        if (reply.ok) settle(() => resolve(reply.result));
        else fail(reply.error);
      },
      (error) => fail(error ? messageOf(error) : 'ended without an answer'),
    );
    sendJson(socket, request);
  });
}
