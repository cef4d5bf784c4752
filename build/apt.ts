/** apt-get, for what the build, the demonstration and the tests need from Debian. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const POLICY = '/usr/sbin/policy-rc.d';
const OUR_POLICY = '#!/bin/sh\n# Temporary, by the set-up of rig: what it installs need not run.\nexit 101\n';

/** Installs packages without starting their services. Throws when apt-get fails, with its last words. */
export async function installPackages(names: string[]): Promise<void> {
  process.stderr.write(`installing ${names.join(' ')} (apt-get)\n`);
  const isOurs = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === OUR_POLICY; // a killed set-up may have left it
  if (isOurs) writeFileSync(POLICY, OUR_POLICY, { mode: 0o755 });
  try {
    await updateLists();
    const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
    await outputOf('apt-get', ['install', ...options, ...names]);
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

/** A source that has nothing to do with rig may be out of reach; what is really missing, the install will say. */
export async function updateLists(): Promise<void> {
  await outputOf('apt-get', ['update']).catch((error) => process.stderr.write(`${error.message}\n`));
}

/** What a program prints; an error with its last words if it fails. */
export async function outputOf(file: string, args: string[]): Promise<string> {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`; // "su" without "-" leaves these out, and dpkg insists
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  try {
    return (await promisify(execFile)(file, args, { env, maxBuffer: 64 << 20 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[file, ...args].join(' ')} failed\n${(stdout + stderr).slice(-4000)}`, { cause: error });
  }
}
