import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outputOf, updateLists } from '../../build/apt.ts';

const RELEASE = 'bookworm';
const MAKE_SCRIPT = fileURLToPath(new URL('./make-tree.sh', import.meta.url));
const PROGRESS_EVERY_MS = 10_000;

/** `minbase`: the barest Debian there is. `systemd`: a customer's host, to be booted. */
export type TreeName = 'minbase' | 'systemd';

const PACKAGES: Record<TreeName, string[]> = {
  minbase: [],
  systemd: [
    ...['systemd', 'systemd-sysv', 'systemd-coredump', 'dbus', 'libpam-systemd', 'rsyslog', 'sudo', 'gdb', 'sosreport'],
    ...['procps', 'logrotate', 'xz-utils', 'iproute2', 'tcpdump'],
  ],
};

/** Raise it when make-tree.sh changes what a tree holds. */
const RECIPE = 1;

/** A tree's folder, made by the set-up; tests only ever see a copy-on-write view of it. */
export function treeFolder(name: TreeName): string {
  const folder = treePath(name);
  if (existsSync(folder)) return folder;
  throw new Error(`the Debian tree "${name}" is missing: run "node test/support/setup.ts" as root, or "npm test"`);
}

export function missingTrees(): TreeName[] {
  return (['minbase', 'systemd'] as const).filter((name) => !existsSync(treePath(name)));
}

/** Makes a tree. `systemd` starts from a copy of `minbase`, which halves the time. */
export async function makeTree(name: TreeName): Promise<void> {
  const target = treePath(name);
  const base = name === 'minbase' ? 'none' : treeFolder('minbase');
  removeAbandoned();
  const partial = `${target}.partial.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await watchScript(name, [await debianMirror(), RELEASE, partial, base, ...PACKAGES[name]]);
    renameUnlessMade(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'rig-test');
}

function treePath(name: TreeName): string {
  const key = createHash('sha256')
    .update(JSON.stringify([RELEASE, RECIPE, PACKAGES[name]]))
    .digest('hex');
  return join(cacheFolder(), `${RELEASE}-${name}-${key.slice(0, 8)}`);
}

/** Another run may have made it meanwhile; then that one is as good as ours. */
function renameUnlessMade(partial: string, target: string): void {
  try {
    renameSync(partial, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/** Removes what a killed set-up left. */
function removeAbandoned(): void {
  const folder = cacheFolder();
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = /\.partial\.(\d+)$/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** The Debian archive in the apt sources of this machine. */
async function debianMirror(): Promise<string> {
  const known = await mirrorInUse();
  if (known) return known;
  await updateLists(); // images made for containers come without the lists that name the origin
  const found = await mirrorInUse();
  if (found) return found;
  throw new Error('the Debian trees for the tests need a Debian archive in the apt sources of this machine');
}

async function mirrorInUse(): Promise<string | undefined> {
  const targets = await outputOf('apt-get', ['indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)']);
  return /^Debian\|Debian\|(\S+)$/m.exec(targets)?.[1];
}

/** Runs the script and shows its progress: a minute of silence looks like a hang. */
async function watchScript(name: TreeName, args: string[]): Promise<void> {
  const started = performance.now();
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespaces, 'bash', MAKE_SCRIPT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const lastLine = () => log.trimEnd().split('\n').at(-1)?.slice(0, 90) ?? '';
  console.log(`test set-up: making the Debian tree "${name}", once, about a minute`);
  const timer = setInterval(
    () => console.log(`test set-up: ${name}, ${seconds()} s: ${lastLine()}`),
    PROGRESS_EVERY_MS,
  );
  try {
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    if (code !== 0) throw new Error(`${basename(MAKE_SCRIPT)} ${name}: exit code ${code}\n${log.slice(-4000)}`);
    console.log(`test set-up: ${name} is ready after ${seconds()} s`);
  } finally {
    clearInterval(timer);
  }
}
