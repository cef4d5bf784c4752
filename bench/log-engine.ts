/**
 * The log engine in figures, beside what people use today: `npm run bench -- engine`. A gigabyte is appended in one go, the
 * line that is waited for comes last. CPU seconds are those of everything a tool has started, from bash's `times`.
 */
import type { TestHost } from '../test/support/host.ts';
import { waitFor } from '../test/support/wait.ts';
import { clock, figure, installClock, median, newHost, report, setting, startedAt } from './support.ts';

const runs = setting('RUNS', 3);
const megabytes = setting('MEGABYTES', 1000);
const file = '/var/log/bench.log';
/** About 100 bytes, as a busy service writes them. */
const line =
  'Nov 22 15:07:37 host service[1234]: request 0123456789abcdef from 192.0.2.1 took 12 ms, status 200, bytes 5120';
const linesPerMegabyte = 1e6 / (line.length + 1);

/** A tool, as a script of bash that ends when it has found the line, after it started the clock. */
interface Tool {
  name: string;
  script: string;
}

/** tail would only notice at its next write that nobody reads any more: it is ended by hand. */
const tailGrep = (options: string): Tool => ({
  name: 'tail -F | grep',
  script: `mkfifo /run/pipe; tail -n0 -F ${file} > /run/pipe & t=$!
    grep -m1 ${options} < /run/pipe >/dev/null; ${clock}; kill $t; wait $t; rm /run/pipe`,
});

const rig = (options: string): Tool => ({
  name: 'rig',
  script: `rig logs --logfile ${file} --no-journal ${options} --gcore 1 --foreground 2>/run/log`,
});

/** What is looked for, in the spelling of each tool. */
const searches = [
  {
    name: 'plain text',
    goal: 'at most 0.5 x tail -F | grep',
    rig: '-F -m "the needle is here"',
    grep: '-F "the needle is here"',
  },
  {
    name: 'expression',
    goal: 'at most 1 x tail -F | grep -E',
    rig: '-E -m "needle [a-z]+ h[ae]re"',
    grep: '-E "needle [a-z]+ h[ae]re"',
  },
  {
    name: '-i',
    goal: 'at most 1 x tail -F | grep -i',
    rig: '-i -F -m "THE NEEDLE is here"',
    grep: '-i -F "THE NEEDLE is here"',
  },
];

/** CPU seconds of the shell's children: the second line of bash's `times`. */
function cpuSeconds(times: string): number {
  const seconds = [...(times.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}

/** Writes so many lines into a file of its own; returns the path. */
async function makeLines(host: TestHost, howMany: number): Promise<string> {
  const path = `/run/lines-${howMany}`;
  await host.must('bash', ['-c', `yes '${line}' | head -n ${howMany} > ${path}`], { timeoutMs: 120_000 });
  return path;
}

/** Appends lines in one go; when the writer ended, in milliseconds since the epoch. */
async function append(host: TestHost, lines: string): Promise<number> {
  const script = `cat ${lines} >> ${file}; echo 'and the needle is here' >> ${file}; echo $EPOCHREALTIME`;
  return Number(await host.must('bash', ['-c', script], { timeoutMs: 120_000 })) * 1000;
}

/** rig says when it watches; of others it is seen that they have opened the file. */
async function watches(host: TestHost): Promise<boolean> {
  if (host.exists('/run/log')) return host.read('/run/log').includes('watches');
  return (await host.sh(`ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q ' ${file}$'`)).code === 0;
}

interface Result {
  cpu: number;
  delayMs: number;
}

async function measure(host: TestHost, { name, script }: Tool, lines: string): Promise<Result> {
  await host.must('sh', ['-c', `: > ${file}; rm -f /run/log`]);
  const tool = await host.spawn('bash', ['-c', `${script}\ntimes`]);
  await waitFor(`${name} to watch`, () => watches(host));
  const written = await append(host, lines);
  const delayMs = (await startedAt(host, 120_000)) - written;
  await tool.closed;
  return { cpu: cpuSeconds(tool.stdout), delayMs };
}

/** The medians of some runs of each tool, in turn. */
async function measureAll(host: TestHost, tools: Tool[], lines: string): Promise<Result[]> {
  const results = tools.map((): Result[] => []);
  for (let run = 0; run < runs; run++)
    for (const [index, tool] of tools.entries()) results[index]?.push(await measure(host, tool, lines));
  return results.map((list) => ({
    cpu: median(list.map(({ cpu }) => cpu)),
    delayMs: median(list.map(({ delayMs }) => delayMs)),
  }));
}

export async function benchLogEngine(): Promise<void> {
  const host = await newHost();
  await installClock(host);
  const lines = await makeLines(host, Math.ceil(megabytes * linesPerMegabyte));
  for (const search of searches) {
    const what = `${megabytes} MB in one go, ${search.name}`;
    const [own, pipe] = await measureAll(host, [rig(search.rig), tailGrep(search.grep)], lines);
    if (!own || !pipe) continue;
    report(`${what}: CPU`, figure(own.cpu, 's'), {
      goal: search.goal,
      beside: ['tail -F | grep', figure(pipe.cpu, 's')],
    });
    report(`${what}: last byte -> action starts`, figure(own.delayMs, 'ms', 0), {
      goal: 'at most 20 ms, or 1.1 x',
      beside: ['tail -F | grep', figure(pipe.delayMs, 'ms', 0)],
    });
  }
}
