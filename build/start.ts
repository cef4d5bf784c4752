/**
 * `npm start`: builds rig and shows its main job on real input: a process to be dumped, a rig on the journal and on a log
 * file, the line that it waits for, and what it collected. `npm start -- ARGS` runs `dist/rig ARGS` instead.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensurePrograms } from './packages.ts';

const rig = fileURLToPath(new URL('../dist/rig', import.meta.url));
const message = 'This is my test message';
const undo: (() => void)[] = [];

const say = (text: string): void => void process.stdout.write(`\n# ${text}\n`);

/** Runs a program with its output on the terminal; throws when it fails. */
function show(file: string, ...args: string[]): void {
  const { status, error } = spawnSync(file, args, { stdio: 'inherit' });
  if (error || status !== 0)
    throw new Error(`${[file, ...args].join(' ')}: ${error?.message ?? `exit code ${status}`}`);
}

/** Waits for something of this host, and says what did not come. */
async function waitFor(what: string, seconds: number, isThere: () => boolean): Promise<void> {
  for (const end = performance.now() + seconds * 1000; !isThere(); await delay(50))
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
}

/** Starts a program that is ended with this one. */
function startUntilEnd(file: string, args: string[]): ChildProcess {
  const child = spawn(file, args, { stdio: 'ignore', detached: true });
  undo.push(() => child.kill('SIGKILL'));
  return child;
}

const journalTakesEntries = (): boolean => spawnSync('systemd-cat', ['true'], { stdio: 'ignore' }).status === 0;

/** Where no journald runs, as in a container, the demonstration brings its own. */
async function ensureJournald(): Promise<void> {
  if (journalTakesEntries()) return;
  say('no journald runs here: starting one for the time of the demonstration');
  for (const folder of ['/run/systemd/journal', '/run/log/journal']) {
    if (existsSync(folder)) continue;
    mkdirSync(folder, { recursive: true });
    undo.push(() => rmSync(folder, { recursive: true, force: true }));
  }
  const journald = startUntilEnd('/lib/systemd/systemd-journald', []);
  await waitFor('journald', 20, () => {
    if (journald.exitCode !== null) throw new Error(`journald ended with exit code ${journald.exitCode}`);
    return journalTakesEntries();
  });
}

function startRig(pid: number, logFile: string): string {
  const args = ['logs', '--message', message, '--logfile', logFile, '--gcore', String(pid), '--sosreport'];
  say(`rig ${args.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')}`);
  const { status, stdout } = spawnSync(rig, args, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (status !== 0) throw new Error('the rig could not be armed');
  process.stdout.write(stdout);
  const id = stdout.trim();
  undo.push(() => existsSync(`/run/rig/${id}`) && spawnSync(rig, ['destroy', '--discard', id]));
  return id;
}

async function demonstrate(): Promise<void> {
  if (process.geteuid?.() !== 0) throw new Error('rig runs as root only: sudo npm start');
  await ensurePrograms('gcore', 'sosreport', 'journalctl');
  await ensureJournald();
  const folder = mkdtempSync(join(tmpdir(), 'rig-demo-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const logFile = join(folder, 'app.log');
  appendFileSync(logFile, 'a line from before\n');
  const service = startUntilEnd('sleep', ['86400']);
  if (service.pid === undefined) throw new Error('sleep cannot be started');

  const id = startRig(service.pid, logFile);
  say('rig list');
  show(rig, 'list');
  say(`echo "${message}" | systemd-cat        (now it happens)`);
  spawnSync('systemd-cat', [], { input: `${message}\n` });
  say('a core dump first, then an sos report, which takes a minute or two');
  const record = `/run/rig/finished/${id}.json`;
  await waitFor('the rig to finish', 600, () => existsSync(record) && !existsSync(`/run/rig/${id}`));
  const { status, archive, reasons } = JSON.parse(readFileSync(record, 'utf8'));
  say(`${status}: ${archive}${reasons.map((reason: string) => `\n  ${reason}`).join('')}`);
  show('tar', 'tvzf', archive);
  if (status !== 'finished') throw new Error('not everything was collected');
}

function cleanUp(): void {
  for (const step of undo.splice(0).reverse()) step();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    cleanUp();
    process.exit(130);
  });

const [, , ...args] = process.argv;
if (args.length > 0) {
  process.exitCode = spawnSync(rig, args, { stdio: 'inherit' }).status ?? 1;
} else {
  try {
    await demonstrate();
  } catch (error) {
    process.stderr.write(`npm start: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  } finally {
    cleanUp();
  }
}
