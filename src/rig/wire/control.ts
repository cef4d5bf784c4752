/** The control socket, through which `rig list`, `rig destroy` and the like talk to a rig. One JSON object a line, each way. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, RigError } from '../../errors.ts';
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
/** Of more that wait for the end, the oldest goes. */
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
    endOldest(this.#sockets, mostClients);
    return lift;
  }
}

/** Ends the connection of the oldest client when there are more than `most`. */
function endOldest(sockets: Set<Socket>, most: number): void {
  const [oldest] = sockets;
  if (sockets.size > most) oldest?.destroy();
}

/** Calls `receive` with the one request of a client. Whatever else it sends ends the connection. */
function receiveRequest(socket: Socket, receive: (value: unknown) => void): void {
  let text = '';
  let hasAsked = false;
  socket.setEncoding('utf8');
  socket.on('error', () => 'it hung up');
  socket.on('data', (more: string) => {
    const end = more.indexOf('\n');
    text += more;
    if (hasAsked || text.length > maxRequestBytes || (end >= 0 && end < more.length - 1)) return void socket.destroy();
    if (end < 0) return;
    hasAsked = true;
    try {
      receive(JSON.parse(text));
    } catch {
      socket.destroy();
    }
  });
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
  /** Those whose answer may come at the end of the rig. */
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    const lift = quick.add(socket);
    const answer = async (value: unknown): Promise<void> => {
      lift();
      waiting.add(socket);
      socket.once('close', () => waiting.delete(socket));
      // `rig wait` will ask again.
      endOldest(waiting, mostWaiting);
      const given = await answerTo(value, handle);
      if (!waiting.delete(socket)) return;
      quick.add(socket);
      sendJson(socket, given);
      socket.end();
    };
    receiveRequest(socket, (value) => void answer(value));
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

/** So many clients want to connect at once that there is no room in the queue: connect(2), EAGAIN. */
class QueueFull extends NoAnswer {}
const queueMs = 20;

/**
 * Asks a rig. Throws a RigError if it answers with an error, and a {@link NoAnswer} if it does not answer within `timeoutMs`
 * (undefined: no limit) or `signal` aborts.
 */
export async function askRig(
  id: string,
  asked: Request['command'] | Request,
  timeoutMs: number | undefined,
  signal?: AbortSignal,
): Promise<unknown> {
  const request = typeof asked === 'string' ? { command: asked } : asked;
  const giveUpAt = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  for (;;) {
    try {
      return await askOnce(id, request, timeoutMs, signal);
    } catch (error) {
      if (!(error instanceof QueueFull) || performance.now() > giveUpAt) throw error;
      await delay(queueMs);
    }
  }
}

function askOnce(id: string, request: Request, timeoutMs: number | undefined, signal?: AbortSignal): Promise<unknown> {
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
      (error) => {
        if (errnoOf(error) === 'EAGAIN') settle(() => reject(new QueueFull(`${id}: too many clients`)));
        else fail(error ? messageOf(error) : 'ended without an answer');
      },
    );
    sendJson(socket, request);
    if (signal?.aborted) abort();
  });
}
