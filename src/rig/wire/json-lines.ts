/** One JSON value a line over a stream: rig's processes talk like this. */
import type { Duplex } from 'node:stream';

/** Longer than any spec or answer of ours. */
const maxLineBytes = 4 * 1024 * 1024;

/** Writes one value. Does nothing if the peer is gone: its stream ends then. */
export function sendJson(stream: Duplex, value: unknown): void {
  if (stream.writable) stream.write(`${JSON.stringify(value)}\n`);
}

/**
 * Calls `receive` with each value. Calls `end` once: at the end of the stream, or with an error if the stream fails, or if the
 * peer sends something else than JSON or a line longer than any of ours.
 */
export function receiveJson(stream: Duplex, receive: (value: unknown) => void, end: (error?: Error) => void): void {
  let pending = '';
  let open = true;
  const finish = (error?: Error): void => {
    if (!open) return;
    open = false;
    end(error);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    pending += text;
    for (let at = pending.indexOf('\n'); open && at >= 0; at = pending.indexOf('\n')) {
      const line = pending.slice(0, at);
      pending = pending.slice(at + 1);
      try {
        receive(JSON.parse(line));
      } catch (error) {
        finish(error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (pending.length > maxLineBytes) finish(new Error(`more than ${maxLineBytes} bytes without a line end`));
  });
  stream.on('end', () => finish());
  stream.on('close', () => finish());
  stream.on('error', (error) => finish(error));
}
