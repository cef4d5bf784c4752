/** The control socket, through which `rig list`, `rig destroy` and the like talk to a rig. One JSON object a line, each way. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { messageOf, RigError } from '../../errors.ts';
import type { Caller } from '../../host/caller.ts';
import { controlSocket } from '../records/paths.ts';
import { receiveJson, sendJson } from './json-lines.ts';

/**
 * What can be asked of a rig: its status, to end (`destroy`; `stop` keeps what it has), to trigger now, and how it ended (`wait`),
 * which it answers when it has. Every version of rig knows the first two.
 */
const commands = ['status', 'destroy', 'stop', 'trigger', 'wait'] as const;
export interface Request {
  command: (typeof commands)[number];
  /** Who asks. */
  caller?: Caller;
  /** To `destroy` a rig that is collecting. */
  discard?: boolean;
}
type Answer = { ok: true; result: unknown } | { ok: false; error: string };

/** No request is longer. */
const maxRequestBytes = 64 * 1024;
/** How long a client may take to ask, and again to take its answer, whatever it sends meanwhile. */
const clientMs = 5000;
/** Of more clients that have not asked, or have their answer, the oldest goes. */
const mostClients = 64;
/** How many may wait for the end. */
const mostWaiting = 192;

function isRequest(value: unknown): value is Request {
  const { command, caller } = Object(value) as Partial<Request>;
  const hasCaller = caller === undefined || typeof Object(caller).user === 'string';
  return hasCaller && commands.some((known) => known === command);
}

const unknownCommand = 'unknown command';

/** An older rig does not know all commands. */
const explainError = (error: string, command: string): string =>
  error === unknownCommand ? `another version of rig made it, which does not know "${command}"` : error;

/** The clients that have to be quick: those that are to ask, and those that are to take their answer. */
class QuickClients {
  readonly #sockets = new Set<Socket>();

  /** Ends a client's connection after a while, or when there are too many. Returns what lifts that. */
  add(socket: Socket): () => void {
    this.#sockets.add(socket);
    const timer = setTimeout(() => socket.destroy(), clientMs);
    const lift = (): void => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    };
    socket.once('close', lift);
    const [oldest] = this.#sockets;
    if (this.#sockets.size > mostClients) oldest?.destroy();
    return lift;
  }
}

async function answerTo(value: unknown, handle: (request: Request) => Promise<unknown>): Promise<Answer> {
  if (!isRequest(value)) return { ok: false, error: unknownCommand };
  return await handle(value).then(
    (result) => ({ ok: true, result }),
    (error) => ({ ok: false, error: messageOf(error) }),
  );
}

/**
 * Serves one request per connection on a unix socket at `path`. Disconnects a client that sends garbage, too much or nothing,
 * or does not read the answer. Nothing that a client does reaches beyond its connection.
 */
export async function serveControl(path: string, handle: (request: Request) => Promise<unknown>): Promise<Server> {
  const quick = new QuickClients();
  let waiting = 0;
  const server = createServer((socket) => {
    const lift = quick.add(socket);
    let hasAsked = false;
    const onRequest = async (value: unknown): Promise<void> => {
      // One request a connection.
      if (hasAsked) return void socket.destroy();
      hasAsked = true;
      if (isRequest(value) && value.command === 'wait') {
        // `rig wait` will ask again.
        if (waiting >= mostWaiting) return void socket.destroy();
        waiting++;
        socket.once('close', () => waiting--);
      }
      lift();
      const answer = await answerTo(value, handle);
      quick.add(socket);
      sendJson(socket, answer);
      socket.end();
    };
    receiveJson(
      socket,
      (value) => void onRequest(value),
      () => socket.destroy(),
      maxRequestBytes,
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  // A connection for which there is no descriptor is not accepted.
  server.on('error', () => 'the client tries again');
  return server;
}

/** The rig did not answer in time, or hung up: it may hang, or have just ended. */
export class NoAnswer extends RigError {
  override name = 'NoAnswer';
}

/**
 * Asks a rig. Throws a RigError if it answers with an error, and a {@link NoAnswer} if it does not answer within `timeoutMs`
 * (undefined: no limit) or `signal` aborts.
 */
export function askRig(
  id: string,
  asked: Request['command'] | Request,
  timeoutMs: number | undefined,
  signal?: AbortSignal,
): Promise<unknown> {
  const request = typeof asked === 'string' ? { command: asked } : asked;
  return new Promise((resolve, reject) => {
    const socket = connect(controlSocket(id));
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      act();
    };
    const fail = (why: string): void => settle(() => reject(new NoAnswer(`${id}: ${why}`)));
    const abort = (): void => fail('is not asked any longer');
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => fail(`does not answer within ${timeoutMs / 1000} s`), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    receiveJson(
      socket,
      (value) => {
        const reply = value as Answer;
        if (reply.ok) settle(() => resolve(reply.result));
        else settle(() => reject(new RigError(`${id}: ${explainError(reply.error, request.command)}`)));
      },
      (error) => fail(error ? messageOf(error) : 'ended without an answer'),
    );
    sendJson(socket, request);
    if (signal?.aborted) abort();
  });
}
