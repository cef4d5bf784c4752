/** What becomes of a rig that has a bug, or whose host has nothing left for it. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compiledVectors } from '../../../build/bundle.ts';
import { startHost, type TestHost } from '../../support/host.ts';
import {
  armRig,
  assertNothingLeft,
  finished,
  hasWarmedUp,
  LOG,
  MESSAGE,
  startService,
  stateNames,
  theRig,
} from '../../support/rigs.ts';
import { rulesWith } from '../../support/sightings.ts';
import { specWith } from '../../support/spec.ts';
import { waitFor } from '../../support/wait.ts';

const fixture = fileURLToPath(new URL('./fixtures/faulty-rig.ts', import.meta.url));
const bundled = await build({
  entryPoints: [fixture],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  // tar-stream asks for modules of Node in the old way.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  plugins: [compiledVectors],
});

const notified = '/var/tmp/notified';

/** Starts a rig that has a bug. Its action runs gdb, which holds `pid` until it is ended. */
async function startFaulty(t: TestContext, how: string) {
  const host = await startHost(t, { binary: process.execPath });
  const service = await startService(host);
  const hold = ['gdb', '-p', String(service.pid), '-batch', '-ex', 'shell touch half-done; sleep 86400'];
  const spec = specWith({
    monitors: [{ name: 'fake', plan: {}, watch: '', condition: '', gives: [], when: rulesWith() }],
    actions: [
      {
        name: 'exec',
        plan: { programs: [{ command: 'gdb', program: '/usr/bin/gdb', args: hold.slice(1), label: '1-gdb' }] },
        timeoutMs: 600_000,
      },
    ],
    output: { folder: '/var/tmp', archive: true, compression: 'gzip', minFree: { bytes: 0 } },
    notify: { program: '/bin/sh', args: ['-c', `echo "$RIG_STATUS $RIG_REASONS" > ${notified}`] },
  });
  host.write('/run/faulty-rig.mjs', bundled.outputFiles[0]?.text ?? '');
  const start = () => host.spawn(host.rigPath, ['/run/faulty-rig.mjs', JSON.stringify(spec), how]);
  return { host, service, id: spec.id, start };
}

const isArmed = (host: TestHost, id: string) =>
  waitFor('the rig to be armed', () => host.exists(`/run/rig/${id}/progress.json`));

for (const how of ['throws', 'rejects'])
  test(`a bug that ${how} ends a rig that watches: the record says why, and --notify runs`, async (t) => {
    const { host, id, start } = await startFaulty(t, how);
    await start();
    await isArmed(host, id);
    host.write('/run/fault', '');
    const { status, reasons, archive } = await finished(host, id);
    assert.deepEqual({ status, reasons, archive }, { status: 'failed', reasons: ['a bug'], archive: null });
    await waitFor('--notify', () => host.exists(notified) && host.read(notified) === 'failed a bug\n');
    assert.match(host.read('/var/log/rig/rig.log'), /unexpected: Error: a bug.*at /);
    await assertNothingLeft(host);
  });

test('a bug while something is collected: what gdb held runs again, what there is of it is packed, and the record says why', async (t) => {
  const { host, service, id, start } = await startFaulty(t, 'throws');
  await start();
  await isArmed(host, id);
  host.write('/run/trigger', '');
  const halfDone = `/var/tmp/rig.${id}/1/exec/half-done`;
  await waitFor('gdb to hold the process', () => host.exists(halfDone));
  assert.equal(host.process(service.pid)?.state, 't');
  host.write('/run/fault', '');
  const { status, reasons, archive } = await finished(host, id);
  assert.equal(status, 'failed');
  assert.equal(reasons.at(-1), 'a bug');
  assert.equal(host.process(service.pid)?.state, 'S');
  assert.match(archive ?? '', /-incomplete\.tar\.gz$/);
  assert.ok((await host.tarList(archive ?? '')).some((name) => name.endsWith('/half-done')));
  await assertNothingLeft(host);
});

test('a bug before a rig is armed leaves nothing of it', async (t) => {
  const { host, start } = await startFaulty(t, 'rejects');
  host.write('/run/fault', '');
  const rig = await start();
  await waitFor('the rig to end', () => rig.hasEnded());
  assert.match(rig.stderr, /^not armed: Error: a bug$/m);
  await assertNothingLeft(host);
});

/** A rig of which the limit of descriptors is lowered to what `leave` makes of the highest one in use; then it triggers. */
async function runOut(t: TestContext, leave: (highest: number) => number) {
  const host = await startHost(t);
  host.write(LOG, '');
  const notify = `sh -c 'echo $RIG_STATUS > ${notified}'`;
  const id = await armRig(host, 'logs', '-m', MESSAGE, '--no-journal', '--exec', 'true', '--notify', notify);
  await hasWarmedUp(host, id);
  const { pid } = await theRig(host, id);
  const numbers = (await host.must('ls', [`/proc/${pid}/fd`])).trim().split('\n').map(Number);
  await host.must('prlimit', [`--pid=${pid}`, `--nofile=${leave(Math.max(...numbers))}:`]);
  host.append(LOG, `${MESSAGE}\n`);
  const record = await finished(host, id);
  await waitFor('--notify', () => host.exists(notified) && host.read(notified) === `${record.status}\n`);
  assert.equal((await host.rig('wait', id)).code, record.status === 'finished' ? 0 : 1);
  assert.deepEqual(stateNames(host), []);
  await assertNothingLeft(host);
  return record;
}

test('where a rig has no descriptor left at the trigger, its actions run and the archive is there', async (t) => {
  const { status, archive, reasons } = await runOut(t, (highest) => highest + 1);
  assert.deepEqual([status, reasons], ['finished', []]);
  assert.ok(archive);
});

test('where a rig cannot even write its record, its guardian does', async (t) => {
  const { status } = await runOut(t, () => 8);
  assert.equal(status, 'killed');
});
