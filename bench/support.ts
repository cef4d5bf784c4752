/** What the benches share: hosts that end with the bench, what processes use, the clock that is an action, and how a figure is said. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { installPackages } from '../build/apt.ts';
import { startHost, type TestHost } from '../test/support/host.ts';
import { missingPackages } from '../test/support/packages.ts';
import { rigProcesses } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';

const cleanUps: (() => unknown)[] = [];

/** A host that ends with the bench: startHost asks for no more of a test than this. */
export const newHost = (): Promise<TestHost> =>
  startHost({ after: (step: () => unknown) => cleanUps.push(step) } as unknown as Parameters<typeof startHost>[0]);

/** Ends every host. */
export async function endHosts(): Promise<void> {
  for (const step of cleanUps.splice(0).reverse()) await step();
}

/** A number that the environment may set (RIG_BENCH_ and the name), for a shorter run or a longer one. */
export const setting = (name: string, otherwise: number): number =>
  Number(process.env[`RIG_BENCH_${name}`] ?? otherwise);

const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
export const median = (values: number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;
const p95 = (values: number[]): number => sorted(values)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;

/**
 * Waits for the next millisecond; gives it, since the epoch. The programs that are timed know only the wall clock, which runs at
 * another pace than performance.now() while the host's time is corrected, by milliseconds within seconds.
 */
export function now(): number {
  const before = Date.now();
  let at = before;
  while (at === before) at = Date.now();
  return at;
}

/** A figure: what is compared with others, and how it is written. */
export interface Figure {
  value: number;
  text: string;
}

export const figure = (value: number, unit: string, digits = 2): Figure => ({
  value,
  text: `${value.toFixed(digits)} ${unit}`.trimEnd(),
});

/** The median is what is compared. */
export const spread = (ms: number[]): Figure => ({
  value: median(ms),
  text: `median ${median(ms).toFixed(1)} ms, p95 ${p95(ms).toFixed(1)} ms (${ms.length} runs)`,
});

const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const head = [
  row('measure', 'goal', 'rig', 'beside it, in the same run', 'rig / beside it'),
  row(...Array(5).fill('---')),
];
const rows: string[] = [];

export interface Comparison {
  /** What an issue asks for. */
  goal?: string;
  /** What was measured in the same run, and its figure. */
  beside?: readonly [what: string, figure: Figure];
}

/** Says one figure of rig: prints it as a row of the table of this run, and keeps it for `reportedTable`. */
export function report(measure: string, rig: Figure | string, { goal = '', beside }: Comparison = {}): void {
  const own = typeof rig === 'string' ? rig : rig.text;
  const other = beside ? `${beside[0]}: ${beside[1].text}` : '';
  const ratio = beside && typeof rig !== 'string' ? (rig.value / beside[1].value).toFixed(2) : '';
  if (rows.length === 0) console.log(head.join('\n'));
  rows.push(row(measure, goal, own, other, ratio));
  console.log(rows.at(-1));
}

/** All figures reported until now, as a table in Markdown; undefined if there are none. */
export const reportedTable = (): string | undefined => (rows.length === 0 ? undefined : [...head, ...rows].join('\n'));

/** Installs those of some Debian packages that are missing. */
export async function needPackages(names: string[]): Promise<void> {
  const missing = await missingPackages(names);
  if (missing.length > 0) await installPackages(missing);
}

/** A gcore that notes when it was started: a program of C, for bash takes a millisecond to start itself. */
export async function installClock(host: TestHost): Promise<void> {
  await needPackages(['tcc', 'libc6-dev']);
  await host.must('tcc', ['-o', clock, '-'], { input: readFileSync(new URL('./clock.c', import.meta.url)) });
}

/** The path of what `installClock` installs. */
export const clock = '/usr/local/bin/gcore';

/** Waits for the note of the clock; milliseconds since the epoch. */
export async function startedAt(host: TestHost, withinMs = 20_000): Promise<number> {
  await waitFor('the action to start', () => host.exists('/run/started'), { withinMs });
  const at = Number(host.read('/run/started')) * 1000;
  await host.must('rm', ['/run/started']);
  return at;
}

/** The daemons of all rigs, and everything that they have started. */
export const rigPids = (host: TestHost): number[] => rigProcesses(host).map((line) => Number(line.split(' ')[0]));

export interface Use {
  cpuSeconds: number;
  /** How often a thread went to sleep: as often it was woken up. */
  switches: number;
  /** Dirty pages only: those of the file itself are shared by all rigs. */
  privateMb: number;
  /** Of pages that several have, each has its part. */
  proportionalMb: number;
}

/**
 * What the threads of processes have used, all together, from /proc: schedstat (the kernel's sched-stats.rst),
 * proc_pid_status(5), proc_pid_smaps(5).
 */
export function usedBy(host: TestHost, pids: number[]): Use {
  const use = { cpuSeconds: 0, switches: 0, privateMb: 0, proportionalMb: 0 };
  for (const pid of pids) {
    for (const task of host.list(`/proc/${pid}/task`)) {
      // In nanoseconds: proc_pid_stat(5) counts in hundredths of a second, and cuts off what is less.
      use.cpuSeconds += Number(host.read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]) / 1e9;
      use.switches += Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(host.read(`/proc/${pid}/task/${task}/status`))?.[1],
      );
    }
    const memory = host.read(`/proc/${pid}/smaps_rollup`);
    const megabytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(memory)?.[1]) / 1024;
    use.privateMb += megabytes('Private_Dirty');
    use.proportionalMb += megabytes('Pss');
  }
  return use;
}

/** What all rigs of a host use in a minute in which nothing happens. */
export async function benchIdle(
  host: TestHost,
  what: string,
  goals: Partial<Record<keyof Use, string>>,
): Promise<void> {
  const seconds = setting('SECONDS', 60);
  const before = usedBy(host, rigPids(host));
  await delay(seconds * 1000);
  const pids = rigPids(host);
  const after = usedBy(host, pids);
  const say = (name: keyof Use, of: string, value: Figure) =>
    report(`idle for ${seconds} s, ${what}: ${of}`, value, goals[name] === undefined ? {} : { goal: goals[name] });
  const cpu = after.cpuSeconds - before.cpuSeconds;
  say('cpuSeconds', 'CPU', {
    value: cpu,
    text: `${cpu.toFixed(2)} s, ${((100 * cpu) / seconds).toFixed(2)} % of a core`,
  });
  say('switches', 'wake-ups', figure(after.switches - before.switches, '', 0));
  say('privateMb', `private memory, ${pids.length} processes`, figure(after.privateMb, 'MB', 1));
}
