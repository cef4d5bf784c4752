/**
 * What `npm start`, `npm test` and its like, `npm run build` and `npm run bench` begin with on a bare clone: installs what rig is made from, then
 * runs the task under the Node that came with it. Plain JavaScript without dependencies, because it runs on the Node of the host.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const mark = join(modules, '.rig-lock-hash');

/** Each task is a list of scripts; only the last one gets the arguments. */
const tasks = {
  start: [['build.ts', '--quiet'], ['start.ts']],
  'test:fast': [['test.ts', 'fast']],
  test: [['test.ts', 'promise']],
  'test:long': [['test.ts', 'long']],
  build: [['build.ts']],
  bench: [['build.ts', '--quiet'], ['../bench/run.ts']],
};

function fail(message, exitCode) {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

/** Contents, not dates: a checkout gives every file a new date, and a new lock file may carry an old one. */
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

function installedHash() {
  try {
    return readFileSync(mark, 'utf8');
  } catch {
    return ''; // never installed, or the installation did not come to its end
  }
}

/** npm's output is kept back unless it fails: its remarks on the host's Node being older than a tool wants concern nobody. */
function ensureInstalled() {
  const hash = lockHash();
  if (installedHash() === hash) return;
  process.stderr.write('installing what rig is made from (npm ci)\n');
  const { status, error, stdout, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error || status !== 0)
    fail(`${stdout ?? ''}${stderr ?? ''}npm ci failed${error ? `: ${error.message}` : ''}`, status || 1);
  writeFileSync(mark, hash);
}

/** Runs a script under the installed Node; resolves to its exit status, as a shell would count a signal. */
function run(script, args) {
  const node = join(modules, '.bin', 'node');
  const path = `${join(modules, '.bin')}:${process.env.PATH}`;
  const child = spawn(node, [join(root, 'build', script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  // A terminal sends Ctrl-C to the child as well; sent twice it would mean "at once" to some. Anything else comes to us alone.
  const relays = ['SIGTERM', 'SIGHUP', 'SIGINT'].map((signal) => [
    signal,
    () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)),
  ]);
  for (const [signal, relay] of relays) process.on(signal, relay);
  return new Promise((resolve) => {
    child.on('error', (error) => fail(`${node}: ${error.message}`, 1));
    child.on('exit', (code, signal) => {
      for (const [name, relay] of relays) process.off(name, relay);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

const [, , name, ...args] = process.argv;
const task = tasks[name];
if (!task) fail(`build/bootstrap.mjs: expected one of ${Object.keys(tasks).join(', ')}, got "${name ?? ''}"`, 2);
ensureInstalled();
for (const [index, [script, ...own]] of task.entries()) {
  const status = await run(script, index === task.length - 1 ? [...own, ...args] : own);
  if (status !== 0) process.exit(status);
}
