/** The journal of a test host, watched by a process in it, as `following.ts` follows files. */
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compiledVectors } from '../../../../build/bundle.ts';
import type { JournalPlan } from '../../../../src/monitors/logs/plan.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { startHost, type TestHost } from '../../../support/host.ts';
import { waitFor } from '../../../support/wait.ts';

const fixture = fileURLToPath(new URL('./fixtures/watch-journal.ts', import.meta.url));
/** One file, because a host does not see a checkout that lies under /tmp. */
const bundled = await build({
  entryPoints: [fixture],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  plugins: [compiledVectors],
});

export interface Found {
  line: string;
  pid?: number;
  identifier?: string;
  length?: number;
}

export interface JournalStatus {
  entries: number;
  files?: number;
  reader: string;
  restarts?: number;
  cursor: string | null;
  coverage: string;
  gaps: Gap[];
}

type Printed = string | Found | { remark: string } | { status: JournalStatus };

/** The plan to have journalctl read, or a program in its place. */
export const byJournalctl = (program = '/usr/bin/journalctl'): Partial<JournalPlan> => ({
  reader: 'journalctl',
  program,
});

/** Each way to read the journal: what is promised of it holds for both. */
export const readers: Array<[name: string, plan: Partial<JournalPlan>]> = [
  ['native', {}],
  ['journalctl', byJournalctl()],
];

/** A host whose journal has an entry; it is that in which a test watches. */
export async function startJournalHost(t: TestContext, { persistent = false } = {}) {
  const host = await startHost(t, { binary: process.execPath });
  const journald = await host.startJournald({ persistent });
  await host.journal('from before');
  return { host, journald };
}

/** Watches the journal in a host, by default natively and without journalctl to take over; resolves when armed. */
export async function watchJournal(host: TestHost, expression: string, plan: Partial<JournalPlan> = {}) {
  const whole: JournalPlan = { reader: 'native', selection: [], ...plan };
  host.write('/run/watch-journal.cjs', bundled.outputFiles[0]?.text ?? '');
  const watcher = await host.spawnInteractive(host.rigPath, [
    '/run/watch-journal.cjs',
    JSON.stringify(whole),
    expression,
  ]);
  const parsed: Printed[] = [];
  let parsedTo = 0;
  /** Of a hundred thousand lines only those are parsed that are new. */
  const printed = (): Printed[] => {
    const { stdout } = watcher;
    const end = stdout.lastIndexOf('\n') + 1;
    if (end > parsedTo) for (const line of stdout.slice(parsedTo, end - 1).split('\n')) parsed.push(JSON.parse(line));
    parsedTo = end;
    return parsed;
  };
  await waitFor('the journal to be watched', () => {
    if (watcher.hasEnded()) throw new Error(watcher.stderr);
    return printed().includes('armed');
  });
  const found = (): Found[] => printed().filter((each) => typeof each === 'object' && 'line' in each);
  const remarks = (): string[] =>
    printed().flatMap((each) => (typeof each === 'object' && 'remark' in each ? each.remark : []));
  const statuses = (): JournalStatus[] =>
    printed().flatMap((each) => (typeof each === 'object' && 'status' in each ? each.status : []));
  /** Resolves when so many entries have matched. */
  const until = (count: number, withinMs = 30_000) =>
    waitFor(`${count} entries`, () => found().length >= count, { withinMs });
  const status = async (): Promise<JournalStatus> => {
    const before = statuses().length;
    watcher.type('?\n');
    await waitFor('the status', () => statuses().length > before);
    return statuses().at(-1) as JournalStatus;
  };
  const lines = (): string[] => found().map(({ line }) => line);
  /** Its journalctl that follows. */
  const children = () => host.processesNamed('journalctl').filter(({ args }) => args.includes('--follow'));
  return { watcher, found, until, lines, remarks, status, children };
}

/** Sends many entries, each with its number; they are on their way when this resolves. */
export async function startMany(host: TestHost, first: number, last: number): Promise<void> {
  await host.must('sh', ['-c', manyEntries(first, last)]);
}

/** Sends many entries, each with its number; they are stored when this resolves. */
export async function sendMany(host: TestHost, first: number, last: number): Promise<void> {
  await host.must('sh', ['-c', `${manyEntries(first, last)}; journalctl --sync`]);
}

/**
 * Each line has 16 bytes, of which journald keeps no space at the end: then a line ends wherever a write does. journald breaks
 * one there when the first write came before it asked who sends, and the next one afterwards.
 */
function manyEntries(first: number, last: number): string {
  return `seq -f 'entry %.0f.' ${first} ${last} | awk '{ printf "%-15s\\n", $0 }' | systemd-cat -t many`;
}

export const numbered = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `entry ${first + index}.`);
