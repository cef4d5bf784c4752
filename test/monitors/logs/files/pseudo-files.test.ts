/** Files that the kernel makes at each reading: /proc and /sys. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { UsageError } from '../../../../src/errors.ts';
import { reasonAgainstReading } from '../../../../src/monitors/logs/files/pseudo-file.ts';
import { PseudoFileSource } from '../../../../src/monitors/logs/files/pseudo-file-source.ts';
import { newFolder } from '../../../support/folder.ts';

import { waitFor } from '../../../support/wait.ts';
import { type Following, follow, watchSource } from './following.ts';

/** A process whose files in /proc the test can change; by itself it changes none of them any more. */
async function startProcess(t: TestContext) {
  const child = spawn('sleep', ['600']);
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  await waitFor('it to sleep', () => readFileSync(`/proc/${child.pid}/status`, 'utf8').includes('State:\tS'));
  return { child, file: (name: string) => `/proc/${child.pid}/${name}` };
}

const watch = (t: TestContext, paths: string[], expression = '.'): Promise<Following<PseudoFileSource>> =>
  watchSource(t, expression, (context) => new PseudoFileSource(paths, context, { intervalMs: 10 }));

const statusOf = ({ source }: Following<PseudoFileSource>) =>
  source.status()[0] as unknown as {
    state: string;
    readings: number;
    coverage: string;
    gaps: Array<{ cause: string }>;
  };

/** Waits until a file was read from beginning to end after this moment. */
async function readAgain(watched: Following<PseudoFileSource>): Promise<void> {
  const { readings } = statusOf(watched);
  await waitFor('two more readings', () => statusOf(watched).readings >= readings + 2);
}

test('a line counts when it appears, not while it stays, and again when it comes anew', async (t) => {
  const { child, file } = await startProcess(t);
  const watched = await watch(t, [file('status')], '^State:.*stopped');
  for (let times = 1; times <= 2; times++) {
    child.kill('SIGSTOP');
    await watched.until(times);
    await readAgain(watched);
    assert.equal(watched.seen.length, times);
    child.kill('SIGCONT');
    await readAgain(watched);
  }
  assert.equal(watched.lines()[0], 'State:\tT (stopped)');
});

test('what stands there when the rig is armed never counts, and a remark says so, beside the one about looking', async (t) => {
  const { file } = await startProcess(t);
  const watched = await watch(t, [file('status'), file('limits')], '^(Name|Pid):');
  await readAgain(watched);
  assert.deepEqual(watched.lines(), []);
  const [looking, standing, ...more] = watched.remarks;
  assert.match(looking ?? '', /is read every 10 ms, because its file system \(proc\) does not announce changes/);
  assert.match(standing ?? '', /\/status: the message matches what is there already/);
  assert.deepEqual(more, []);
});

test('where the matching line stands is said, and the context has the reading that it was in', async (t) => {
  const { child, file } = await startProcess(t);
  const watched = await watch(t, [file('status')], '^State:.*stopped');
  child.kill('SIGSTOP');
  await watched.until(1);
  child.kill('SIGCONT');
  await readAgain(watched);
  const position = watched.seen[0]?.position;
  assert.ok(position);
  const [excerpt] = await watched.source.context(position);
  const text = excerpt?.text.toString() ?? '';
  assert.match(text, /^Name:\tsleep\nUmask:/);
  assert.match(text.slice(excerpt?.triggerAt), /^State:\tT \(stopped\)\nTgid:/);
});

test('"no gap" is not claimed: what stands there only between two readings is not seen', async (t) => {
  const { file } = await startProcess(t);
  const watched = await watch(t, [file('status')]);
  assert.match(statusOf(watched).coverage, /^no gap known: it is read every 10 ms/);
});

test('a process that ends takes its file with it: there is nothing to read, and no gap', async (t) => {
  const { child, file } = await startProcess(t);
  const watched = await watch(t, [file('status')], 'no such line');
  child.kill('SIGKILL');
  await waitFor('the file to go', () => statusOf(watched).state === 'nothing to read at the moment');
  assert.deepEqual(statusOf(watched).gaps, []);
});

test('a file that cannot be read is said once, and is a gap', async (t) => {
  const { file } = await startProcess(t);
  // Address 0 is never mapped.
  const watched = await watch(t, [file('mem'), file('status')], 'no such line');
  await waitFor('several tries', () => JSON.stringify(statusOf(watched).gaps).includes('"times":3'));
  assert.match(statusOf(watched).gaps[0]?.cause ?? '', /^could not be read: .*EIO/);
  assert.equal(watched.remarks.filter((remark) => remark.includes('cannot be read')).length, 1);
});

test('a file that is too large to be read again and again is refused', async (t) => {
  await assert.rejects(watch(t, ['/proc/kallsyms']), (error: unknown) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /^--logfile \/proc\/kallsyms: larger than 1 MiB/);
    return true;
  });
});

test('a pipe of ftrace, which reading empties, is refused with what would be right', () => {
  const refusal = (name: string) => reasonAgainstReading(`/sys/kernel/tracing/${name}`, 'tracefs', 0o100444);
  for (const name of ['trace_pipe', 'per_cpu/cpu0/trace_pipe', 'per_cpu/cpu0/trace_pipe_raw'])
    assert.match(refusal(name) ?? '', /cat \/sys\/kernel\/tracing\/\S+ \| rig logs --logfile - --foreground/);
  assert.equal(refusal('trace'), undefined);
});

test('a followed link that comes to lead into /proc is said to, and followed on when it leads to a file again', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'app.log');
  writeFileSync(join(folder, 'real'), '');
  symlinkSync('real', path);
  const { remarks, until } = await follow(t, [path], '.', { intervalMs: 10 });
  rmSync(path);
  symlinkSync('/proc/loadavg', path);
  await waitFor('the remark', () => remarks.some((remark) => /leads to proc, whose files/.test(remark)));
  writeFileSync(join(folder, 'next'), 'new\n');
  rmSync(path);
  symlinkSync('next', path);
  await until(1);
});
