/** `--tcpdump`: the packets before and after the trigger, from a ring of files that tcpdump writes from arming on. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RigError, UsageError } from '../errors.ts';
import { findDefaultInterface } from '../host/network.ts';
import { runProgram } from '../host/programs/run-program.ts';
import { formatSize } from '../options/units.ts';
import {
  type Background,
  defineAction,
  type Facts,
  type KeptProgram,
  type SourceStatus,
  type TriggerContext,
} from '../plugin.ts';

/** A type and not an interface, so that it is JSON for the spec. */
type TcpdumpPlan = {
  program: string;
  iface: string;
  filter: string[];
  /** The size of each file in millions of bytes, the unit of tcpdump's -C. */
  megabytes: number;
  files: number;
  postMs: number;
};

/** The kernel hands packets over in blocks, after a second at most: pcap_set_timeout(3PCAP), as tcpdump sets it. */
const handOverMs = 1200;

/** Reads `0 packets dropped by kernel` and the like, which tcpdump says at SIGUSR1 and when it ends. */
function parseCounts(stderr: string): Facts {
  const count = (what: string) =>
    Number([...stderr.matchAll(new RegExp(`(\\d+) packets? ${what}`, 'g'))].at(-1)?.[1] ?? 0);
  return {
    captured: count('captured'),
    droppedByKernel: count('dropped by kernel'),
    droppedByInterface: count('dropped by interface'),
  };
}

class Ring implements Background {
  readonly tailMs: number;
  readonly #plan: TcpdumpPlan;
  readonly #dir: string;
  readonly #tcpdump: KeptProgram;

  constructor(plan: TcpdumpPlan, dir: string, tcpdump: KeptProgram) {
    this.tailMs = Math.max(plan.postMs, handOverMs);
    this.#plan = plan;
    this.#dir = dir;
    this.#tcpdump = tcpdump;
  }

  /** Copies the files of the ring, the oldest first. tcpdump copies them, because it leaves out a half-written packet. */
  async collect(rig: TriggerContext): Promise<Facts> {
    const { program, iface, filter } = this.#plan;
    const files = await this.#files();
    for (const [index, path] of files.entries()) {
      const copy = join(rig.dir, `packets-${index + 1}.pcap`);
      const { exitCode, stderr } = await rig.run(program, ['-r', path, '-w', copy, '-Z', 'root']);
      if (exitCode !== 0 && !stderr.includes('truncated dump file'))
        throw new RigError(`the packets cannot be copied: ${stderr.trim().split('\n').at(-1)}`);
    }
    if (files.length === 0) throw new RigError('tcpdump has written nothing');
    const counts = parseCounts(await this.#tcpdump.ask('SIGUSR1'));
    return { interface: iface, filter: filter.join(' '), files: files.length, ...counts };
  }

  /** The files of the ring, the oldest first. */
  async #files(): Promise<string[]> {
    const entries = await readdir(this.#dir, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    const timed = await Promise.all(paths.map(async (path) => ({ path, mtimeMs: (await stat(path)).mtimeMs })));
    return timed.sort((a, b) => a.mtimeMs - b.mtimeMs).map(({ path }) => path);
  }

  async stop(): Promise<void> {
    await this.#tcpdump.end();
  }

  status(): SourceStatus[] {
    return [{ source: `tcpdump on ${this.#plan.iface}`, ...parseCounts(this.#tcpdump.stderr()) }];
  }
}

/** Has tcpdump open the interface and compile the filter. Throws a UsageError in tcpdump's own words. */
async function checkCapture(program: string, iface: string, filter: string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(program, ['-i', iface, '-d', '--', ...filter]);
  const words = stderr
    .trim()
    .replaceAll('\n', ' ')
    .replace(/^\S*tcpdump: /, '');
  if (exitCode !== 0) throw new UsageError(`--tcpdump: ${words}`);
}

async function findInterface(): Promise<string> {
  const iface = await findDefaultInterface();
  if (iface !== undefined) return iface;
  throw new UsageError('--tcpdump: there is no default route on this host: name an interface with --tcpdump-iface');
}

export const tcpdump = defineAction({
  name: 'tcpdump',
  summary: 'Keep the packets before and after the trigger',
  options: {
    tcpdump: { kind: 'flag', summary: 'Keep the packets before and after the trigger' },
    'tcpdump-iface': {
      kind: 'text',
      hint: 'IFACE',
      defaultWords: 'that of the default route',
      completes: 'interface',
      summary: 'Capture on this interface',
    },
    'tcpdump-filter': { kind: 'text', hint: "'BPF'", summary: 'Only packets that match: pcap-filter(7)' },
    'tcpdump-size': { kind: 'size', hint: 'SIZE', default: 10 * 2 ** 20, summary: 'Size of each file of the ring' },
    'tcpdump-files': { kind: 'count', hint: 'N', default: 4, summary: 'How many files the ring has' },
    'tcpdump-post': {
      kind: 'duration',
      hint: 'DURATION',
      default: 2000,
      summary: 'Go on for this long after the trigger',
    },
  },
  requires: [
    { kind: 'program', anyOf: ['tcpdump'], package: { debian: 'tcpdump', redhat: 'tcpdump', suse: 'tcpdump' } },
  ],
  timeoutMs: 60_000,
  keepsPriority: true,
  async plan(values, ask): Promise<TcpdumpPlan> {
    const program = ask.program('tcpdump') ?? '';
    const iface = values['tcpdump-iface'] ?? (await findInterface());
    const filter = values['tcpdump-filter'] === undefined ? [] : [values['tcpdump-filter']];
    await checkCapture(program, iface, filter);
    const megabytes = Math.max(1, Math.round(values['tcpdump-size'] / 1e6));
    return { program, iface, filter, megabytes, files: values['tcpdump-files'], postMs: values['tcpdump-post'] };
  },
  estimate: async ({ files, megabytes }) => {
    const bytes = files * megabytes * 1e6;
    return { leaves: `packets-N.pcap, up to ${files} files, ${formatSize(bytes)} together`, bytes: 2 * bytes };
  },
  async arm(plan, rig): Promise<Background> {
    const { program, iface, filter, megabytes, files } = plan;
    const ring = ['-w', 'ring.pcap', '-C', String(megabytes), '-W', String(files)];
    // -p: no promiscuous mode, which others would notice.
    const args = ['-i', iface, '-n', '-p', '-U', '-Z', 'root', ...ring, '--', ...filter];
    return new Ring(plan, rig.dir, await rig.keepRunning(program, args, 'listening on'));
  },
});
