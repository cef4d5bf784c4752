import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { SourceStatus } from '../../src/plugin.ts';
import { type Enclosure, isBetweenPrograms } from './enclosure.ts';
import { type HostOptions, startHost, type TestHost } from './host.ts';
import type { Running } from './running.ts';
import { waitFor } from './wait.ts';

/** The message of the original documentation. */
export const MESSAGE = 'This is my test message';

/** The log that {@link startWatched} gives a host. */
export const LOG = '/var/log/messages';

/** A host with a log and a service, and the arguments of a rig that watches the one and dumps the other. */
export async function startWatched(t: TestContext, options: HostOptions = {}) {
  const host = await startHost(t, options);
  host.write(LOG, '');
  const service = await startService(host);
  const rig = ['logs', '-m', MESSAGE, '--no-journal', '--gcore', String(service.pid)];
  return { host, service, rig };
}

/** Creates a rig that must be armed; returns its id. */
export async function armRig(host: Enclosure, ...args: Array<string | number>): Promise<string> {
  const { code, stdout, stderr } = await host.rig(...args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\S+\n$/, 'a created rig prints its id and nothing else');
  return stdout.trim();
}

/** Starts a program called `name` that does nothing, to be dumped. */
export async function startService(host: TestHost, name = 'myservice'): Promise<Running> {
  const path = `/usr/local/bin/${name}`;
  if (!host.exists(path)) await host.must('cp', ['/bin/sleep', path]);
  return await host.spawn(path, ['86400']);
}

/** A row of `rig list --json`. */
export interface Row {
  id: string;
  pid: number;
  monitors: { monitor: string; watch: string; condition: string }[];
  status: string;
  [key: string]: unknown;
}

export async function listRigs(host: Enclosure): Promise<Row[]> {
  return JSON.parse(await host.must(host.rigPath, ['list', '--json'])) as Row[];
}

/** What a rig answers on its control socket, where `rig list` and `rig info` ask it too: much cheaper than either. */
async function statusOf(host: Enclosure, id: string): Promise<Row & { sources: SourceStatus[] }> {
  const socket = connect(host.outside(`/run/rig/${id}/control.sock`));
  socket.write('{"command":"status"}\n');
  const { ok, result, error } = JSON.parse(await text(socket));
  assert.ok(ok, error);
  return result;
}

/** A live rig's row of `rig list --json`. */
export async function theRig(host: Enclosure, id: string): Promise<Row> {
  const { sources: _, ...row } = await statusOf(host, id);
  return row;
}

/** What a live rig says of each thing that it watches. */
export async function theSources(host: Enclosure, id: string): Promise<SourceStatus[]> {
  return (await statusOf(host, id)).sources;
}

/** Kills the daemon of a rig, and waits until it has ended: the kernel may take its time for that. */
export async function killDaemon(host: Enclosure, id: string): Promise<void> {
  const { pid } = await theRig(host, id);
  await host.kill(pid, 'SIGKILL');
  await waitFor('the daemon to end', () => [undefined, 'Z'].includes(host.process(pid)?.state));
}

/**
 * Waits until a rig that was just armed has warmed up. For that it makes a folder in its work folder and removes it, after it has
 * written its progress for the first time.
 */
export async function hasWarmedUp(host: Enclosure, id: string, outputDir = '/var/tmp'): Promise<void> {
  const changedAt = (path: string) => statSync(host.outside(path)).mtimeMs;
  const [folder, progress] = [`${outputDir}/rig.${id}`, `/run/rig/${id}/progress.json`];
  await waitFor(
    'the rig to be quick',
    () => changedAt(folder) > changedAt(progress) && !host.exists(`${folder}/warm-up`),
  );
}

/** The record of a rig's end. */
export interface FinishedRecord {
  id: string;
  status: string;
  archive: string | null;
  reasons: string[];
  [key: string]: unknown;
}

/** Waits for the end of a rig. If it does not end, the error has its log. */
export function finished(host: Enclosure, id: string, withinMs = 60_000): Promise<FinishedRecord> {
  const log = '/var/log/rig/rig.log';
  const ended = waitFor(
    `rig ${id} to end`,
    () => {
      if (host.exists(`/run/rig/${id}`)) return undefined;
      const path = `/var/lib/rig/finished/${id}.json`;
      return host.exists(path) ? (JSON.parse(host.read(path)) as FinishedRecord) : undefined;
    },
    { withinMs },
  );
  return ended.catch((error) => {
    throw new Error(`${error.message}\n${host.exists(log) ? host.read(log) : 'there is no log'}`, { cause: error });
  });
}

/** Every process that is rig or that rig has started. */
export function rigProcesses(host: Enclosure): string[] {
  return host
    .processes()
    .filter((process) => {
      const { pid, args, state } = process;
      if (state === 'Z') return false;
      // Whose it is can only be seen when execve(2) is done: it may be one.
      if (isBetweenPrograms(process)) return true;
      if (args.includes('--daemon') || args.includes('--take-down')) return true;
      try {
        return 'RIG_DAEMON' in host.environ(pid);
      } catch {
        return false; // it ended while we looked
      }
    })
    .map(({ pid, args }) => `${pid} ${args.join(' ')}`);
}

/** What is in /run/rig, without the note that gdb could attach to a process since the boot. */
export const stateNames = (host: Enclosure): string[] => host.list('/run/rig').filter((name) => name !== '.attached');

/** Fails when anything of a rig is left: a process, its state, its work folder. Records and archives are not leftovers. */
export async function assertNothingLeft(host: Enclosure): Promise<void> {
  await waitFor('the processes of the rig to be gone', () => rigProcesses(host).length === 0);
  assert.deepEqual(stateNames(host), [], 'nothing is left in /run/rig');
  assert.deepEqual(host.list('/var/lib/rig/armed'), [], 'nothing is left in /var/lib/rig/armed');
  assert.deepEqual(
    host.list('/var/tmp').filter((name) => name.startsWith('rig.')),
    [],
    'no work folder is left',
  );
}

/** The parts of a manifest that the tests look at. */
export interface Manifest {
  status: string;
  complete: boolean;
  reasons: string[];
  trigger: {
    monitor: string;
    subject: string;
    text: string;
    matches: number;
    because?: string;
    earlier?: { subject: string; text: string; time: string };
    process?: { pid: number };
    facts: { position?: { cursor?: string }; groups?: Record<string, string | null>; message?: string };
  };
  sources: ({ source: string } & Record<string, unknown>)[];
  gaps: { cause: string }[];
  actions: {
    name: string;
    status: string;
    reason: string | null;
    details: Record<string, unknown>;
    programs: { argv: string[]; exitCode: number | null }[];
    files: { path: string; size: number; sha256: string }[];
  }[];
}
