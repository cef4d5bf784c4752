/** The control socket of a real rig, and a client that means harm. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, LOG, listRigs } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

test('rig list has the rig while thousands of silent clients connect, and others never stop to talk', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '');
  const id = await armRig(host, 'logs', '-m', 'x', '--no-journal', '--noop');
  const flood = `
import socket
held = []
while True:
    s = socket.socket(socket.AF_UNIX)
    s.setblocking(False)
    try:
        s.connect("/run/rig/${id}/control.sock")
        if len(held) % 3 == 0: s.send(b'{"command":"status"}')
        if len(held) % 3 == 1: s.send(b'{"command":"wait"}\\nand so on')
        held.append(s)
    except (BlockingIOError, BrokenPipeError): pass
    if len(held) > 600: held.pop(0).close()
`;
  const flooding = await host.spawn('python3', ['-c', flood]);
  const isFull = async () => {
    const client = connect(host.outside(`/run/rig/${id}/control.sock`));
    const failed = await new Promise((resolve) => client.on('error', resolve).on('connect', () => resolve(undefined)));
    client.destroy();
    return failed !== undefined;
  };
  while (!(await isFull())) assert.ok(!flooding.hasEnded(), flooding.stderr);
  // On a busy machine a second may be too short for one of the answers.
  for (let count = 0; count < 5; count++)
    await waitFor('rig list to have the rig', async () => (await listRigs(host))[0]?.status === 'watching');
  assert.ok(!flooding.hasEnded(), flooding.stderr);
});
