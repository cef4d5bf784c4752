/** `--sosreport`: the host's own support report, made by sos. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ActionError } from '../errors.ts';
import type { RunResult } from '../host/programs/run-program.ts';
import { defineAction } from '../plugin.ts';
import { visible } from '../terminal/text.ts';

/** A type and not an interface, so that it is JSON for the spec. */
type SosPlan = {
  /** The full path of the program. */
  program: string;
  /** What comes before the options. */
  subcommand: string[];
};

/**
 * The path of the archive in the output of sos. It has a line of its own; the words around it depend on language and version.
 */
export function findArchive(stdout: string): string | undefined {
  const lines = stdout.split('\n').map((line) => line.trim());
  return lines.findLast((line) => /^\/.*\.tar(\.\w+)*$/.test(line));
}

/** The version of sos, from the first line of its output; null if it is not there. */
export function findVersion(stdout: string): string | null {
  return /^(?:sosreport|sos report) \(version ([^)\s]+)\)/m.exec(stdout)?.[1] ?? null;
}

/** Why sos made no archive: what it printed, if it did. */
function findReason({ stdout, exitCode, signalName }: RunResult): string {
  const full = /No space left on device.*/.exec(stdout)?.[0];
  if (full !== undefined) return visible(full.trim());
  if (signalName !== null) return `sos was ended by ${signalName}`;
  return exitCode === 0 ? 'sos ended without an archive' : `sos ended with exit code ${exitCode}`;
}

/** The name of the archive if it is a regular file in `dir` and not empty; else null. */
async function checkArchive(path: string | undefined, dir: string): Promise<string | null> {
  if (path === undefined) return null;
  const name = basename(path);
  const stat = await lstat(join(dir, name)).catch(() => undefined);
  return stat?.isFile() && stat.size > 0 ? name : null;
}

/** Removes all that sos left but its archive and the checksum files named after it. */
async function removeOthers(dir: string, archive: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(archive)) await rm(join(dir, name), { recursive: true, force: true });
  }
}

export const sosreport = defineAction({
  name: 'sosreport',
  summary: 'Collect a support report of this host with sos',
  options: {
    sosreport: { kind: 'flag', summary: 'Collect a support report of this host with sos' },
  },
  requires: [
    { kind: 'program', anyOf: ['sos', 'sosreport'], package: { debian: 'sosreport', redhat: 'sos', suse: 'sos' } },
  ],
  timeoutMs: 60 * 60_000,
  // `sos report` since 4.0, `sosreport` before.
  plan: (_, ask): SosPlan => {
    const sos = ask.program('sos');
    return sos === undefined
      ? { program: ask.program('sosreport') ?? '', subcommand: [] }
      : { program: sos, subcommand: ['report'] };
  },
  estimate: async () => ({ leaves: 'the archive of sos, and its checksum', bytes: 0 }),
  async run({ program, subcommand }, rig) {
    const args = [...subcommand, '--batch', '--tmp-dir', rig.dir];
    // SIGKILL: at SIGTERM, sos 4.0 waits for its plugins and removes what it has collected.
    // cwd: its start script imports Python modules from there, so others must not be able to write to it.
    const result = await rig.run(program, args, { cwd: '/', endWith: 'SIGKILL' });
    const version = findVersion(result.stdout);
    const archive = await checkArchive(findArchive(result.stdout), rig.dir);
    const details = { version, archive };
    // Without an archive, everything stays.
    if (archive === null || result.exitCode !== 0) throw new ActionError(findReason(result), details);
    await removeOthers(rig.dir, archive);
    return details;
  },
});
