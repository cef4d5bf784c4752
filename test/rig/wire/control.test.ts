/** The control socket serves everybody, whatever other clients do. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { serveControl } from '../../../src/rig/wire/control.ts';

async function serve(t: TestContext, handle: () => Promise<unknown> = async () => 'fine') {
  const folder = mkdtempSync(join(tmpdir(), 'rig-control-'));
  const path = join(folder, 'control.sock');
  const clients: Socket[] = [];
  const server = await serveControl(path, handle);
  t.after(() => {
    for (const client of clients) client.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return async (text = '') => {
    const client = connect(path);
    clients.push(client);
    client.on('error', () => 'hung up');
    await once(client, 'connect');
    client.write(text);
    return client;
  };
}

const status = `${JSON.stringify({ command: 'status' })}\n`;
const fine = `${JSON.stringify({ ok: true, result: 'fine' })}\n`;

async function answerOn(client: Socket): Promise<string> {
  let text = '';
  for await (const chunk of client.setEncoding('utf8')) text += chunk;
  return text;
}

test('a request is answered however many clients say nothing', async (t) => {
  const client = await serve(t);
  for (let count = 0; count < 600; count++) await client();
  assert.equal(await answerOn(await client(status)), fine);
});

test('a request is answered while many wait for the end', async (t) => {
  const client = await serve(t, async () => 'fine');
  for (let count = 0; count < 300; count++) await client(`${JSON.stringify({ command: 'wait' })}\n`);
  assert.equal(await answerOn(await client(status)), fine);
});

test('a client that says more than its request is hung up on', async (t) => {
  const never = new Promise<never>(() => {});
  const client = await serve(t, () => never);
  for (const more of [status, 'x']) {
    const talker = await client(status);
    talker.write(more);
    await once(talker, 'close');
  }
});

test('a request is answered when it comes with many others', async (t) => {
  const client = await serve(t);
  const asking = await Promise.all(Array.from({ length: 200 }, () => client(status)));
  for (const each of asking) assert.equal(await answerOn(each), fine);
});

test('of too many that wait for the end the oldest is hung up on, whatever they asked for', async (t) => {
  const never = new Promise<never>(() => {});
  const client = await serve(t, () => never);
  const oldest = await client(`${JSON.stringify({ command: 'stop' })}\n`);
  oldest.resume();
  while (!oldest.closed) await client(`${JSON.stringify({ command: 'stop' })}\n`);
});

test('a client that does not take its answer is hung up on', async (t) => {
  const client = await serve(t, async () => 'x'.repeat(2 ** 22));
  const lazy = await client(status);
  lazy.pause();
  // Of the silent ones that come after it, the first goes after it.
  const first = await client();
  while (!first.closed) {
    await client();
    first.resume();
  }
  // What was on its way is read; the rest never comes.
  assert.ok((await answerOn(lazy)).length < 2 ** 22);
});

test('garbage and an endless line end the connection', async (t) => {
  const client = await serve(t);
  for (const text of ['garbage\n', 'x'.repeat(100_000)]) {
    const stranger = await client(text);
    assert.equal(await answerOn(stranger).catch(() => ''), '');
  }
});
