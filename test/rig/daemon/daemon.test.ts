/** The daemon and the process that started it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { listenTo } from '../../../src/rig/daemon/daemon.ts';

/** A starter that says "told" as soon as it hears of the arming, and ends. */
const starterScript = `while read -r line; do case $line in *armed*) echo '{"kind":"told"}' >&3; exit;; esac; done <&3`;

const isZombie = (pid: number): boolean => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

test('a remark of a rig whose user has just been told does not end it', async () => {
  const child = spawn('bash', ['-c', starterScript], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const { starter } = listenTo(child.stdio[3] as Socket);
  const requests: string[] = [];
  starter.onEndRequest(({ by }) => requests.push(by));
  const armed = starter.armed();
  // Everything happens in one turn of the event loop, as on a busy machine: "told" is there, and not read yet.
  while (!isZombie(child.pid ?? 0)) execFileSync('true');
  starter.remark('the other files are watched on');
  await armed;
  assert.deepEqual(requests, []);
});
