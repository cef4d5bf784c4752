/**
 * The log engine in figures, beside what people use today: `npm run bench -- engine`. A gigabyte is appended in one go, the
 * line that is waited for comes last. CPU seconds are those of everything a tool has started, from bash's `times`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, theSources } from '../test/support/rigs.ts';
import { waitFor } from '../test/support/wait.ts';
import {
  clock,
  type Figure,
  figure,
  installClock,
  median,
  needPackages,
  newHost,
  report,
  rigPids,
  setting,
  startedAt,
  usedBy,
} from './support.ts';

const runs = setting('RUNS', 3);
const megabytes = setting('MEGABYTES', 1000);
const file = '/var/log/bench.log';
/** About 100 bytes, as a busy service writes them, with the letters of what is looked for: a rare first letter is found faster. */
const line =
  'Nov 22 15:07:37 host service[1234]: request 0123456789abcdef from 192.0.2.1: connection needed 12 ms, status 200';
const linesPerMegabyte = 1e6 / (line.length + 1);

/** A tool, as a script of bash that ends when it has found the line, after it started the clock. */
interface Tool {
  name: string;
  script: string;
}

/** What is looked for; -F, -E and -i mean the same to rig and to grep. */
interface Search {
  name: string;
  options: string;
  pattern: string;
  goal: string;
}

const searches: Search[] = [
  { name: 'plain text', options: '-F', pattern: 'the needle is here', goal: 'at most 0.5 x' },
  { name: 'expression', options: '-E', pattern: 'needle [a-z]+ h[ae]re', goal: 'at most 1 x' },
  { name: '-i', options: '-i -F', pattern: 'THE NEEDLE is here', goal: 'at most 1 x' },
];

const rig = ({ options, pattern }: Search): Tool => ({
  name: 'rig',
  script: `rig logs --logfile ${file} --no-journal ${options} -m "${pattern}" --gcore 1 --foreground 2>/run/log`,
});

/** tail would only notice at its next write that nobody reads any more: it is ended by hand. */
const tailGrep = ({ options, pattern }: Search): Tool => ({
  name: 'tail -F | grep',
  script: `mkfifo /run/pipe; tail -n0 -F ${file} > /run/pipe & t=$!
    grep -m1 ${options} "${pattern}" < /run/pipe >/dev/null; ${clock}; kill $t; wait $t; rm /run/pipe`,
});

/** What the tools in Perl start: the clock, and then the end of SEC, or of the tail without which swatchdog ends. */
const clockAndEnd = '/usr/local/bin/clock-and-end';

const swatchdog = ({ options, pattern }: Search): Tool => ({
  name: 'swatchdog',
  script: `printf '%s\n' 'watchfor /${pattern}/${options.includes('-i') ? 'i' : ''}' 'exec ${clockAndEnd}' > /run/conf
    swatchdog -c /run/conf -t ${file} > /dev/null`,
});

const sec = ({ options, pattern }: Search): Tool => {
  const [type, text] =
    options === '-F' ? ['SubStr', pattern] : ['RegExp', `${options.includes('-i') ? '(?i)' : ''}${pattern}`];
  return {
    name: 'SEC',
    script: `printf '%s\n' type=Single ptype=${type} 'pattern=${text}' desc=x 'action=shellcmd ${clockAndEnd}' > /run/conf
      sec --conf=/run/conf --input=${file} 2> /dev/null`,
  };
};

/** Matching alone, in a file at rest: nothing that follows a file can be faster. ripgrep's -E is an encoding. */
const stillTools = ({ options, pattern }: Search): Tool[] => [
  { name: 'ripgrep, file at rest', script: `rg -c ${options.replace('-E', '')} "${pattern}" ${file} > /dev/null` },
  { name: 'GNU grep, file at rest', script: `grep -c ${options} "${pattern}" ${file} > /dev/null` },
];

/** bash reads ~/.bashrc where its input is a socket, as that of Node's children is; what that starts would count. */
const timed = (script: string): string[] => ['--norc', '-c', `${script}\ntimes`];

/** CPU seconds of the shell's children: the second line of bash's `times`. */
function cpuSeconds(times: string): number {
  const seconds = [...(times.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}

/** Writes so many lines of what a command prints without end into a file of its own; returns the path. */
async function makeLines(host: TestHost, howMany: number, command = `yes '${line}'`): Promise<string> {
  const path = `/run/lines-${howMany}`;
  await host.must('bash', ['-c', `${command} | head -n ${howMany} > ${path}`], { timeoutMs: 120_000 });
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
  const tool = await host.spawn('bash', timed(script));
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

/** swatchdog and SEC get a tenth of the lines; their start, which a tenth would count ten times, is left out. */
async function measureSlow(host: TestHost, tools: Tool[], fewLines: string): Promise<Figure[]> {
  const starts = await measureAll(host, tools, '/dev/null');
  const results = await measureAll(host, tools, fewLines);
  return results.map(({ cpu }, index) => {
    const { value, text } = figure((cpu - (starts[index]?.cpu ?? 0)) * 10, 's');
    return { value, text: `${text} (10 x that of ${megabytes / 10} MB, without its start)` };
  });
}

async function measureStill(host: TestHost, { script }: Tool): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++)
    times.push(cpuSeconds(await host.must('bash', timed(script), { timeoutMs: 120_000 })));
  return figure(median(times), 's');
}

/**
 * What a rig holds after it has read the lines once, and after three times; `matching` are options of rig. It never has its
 * fill, so that it lives and is the same one all the time.
 */
async function benchMemory(host: TestHost, what: string, matching: string[], lines: string): Promise<void> {
  await host.must('sh', ['-c', `: > ${file}`]);
  const options = ['--count', 1_000_000_000, '--logfile', file, '--no-journal', '--noop'];
  const id = await armRig(host, 'logs', ...matching, ...options);
  const held = (): number => usedBy(host, rigPids(host)).privateMb;
  const answers: number[] = [];
  const read = async (): Promise<{ highest: Figure; afterwards: Figure }> => {
    let [highest, size] = [0, Number.POSITIVE_INFINITY];
    const appended = append(host, lines).then(async () => {
      size = Number(await host.must('stat', ['-c', '%s', file]));
    });
    const hasRead = async (): Promise<boolean> => {
      await delay(100); // to look takes CPU, of rig too
      highest = Math.max(highest, held());
      const asked = performance.now();
      const [source] = await theSources(host, id);
      answers.push(performance.now() - asked);
      return Number(source?.bytes) >= size;
    };
    await waitFor('everything to be examined', hasRead, { withinMs: 120_000 });
    await appended;
    await delay(3000);
    return { highest: figure(highest, 'MB', 1), afterwards: figure(held(), 'MB', 1) };
  };
  const once = await read();
  await read();
  const thrice = await read();
  report(`private memory, ${what}: after 3 x as much`, thrice.afterwards, {
    goal: 'at most 20 MB, not growing',
    beside: ['rig, after as much', once.afterwards],
  });
  report(`private memory, ${what}: the most while reading it the third time`, thrice.highest, {
    beside: ['rig, the first time', once.highest],
  });
  report(`answers of the control socket meanwhile, ${what}: the longest`, figure(Math.max(...answers), 'ms', 0), {
    goal: 'at most 200 ms',
    beside: ['their median', figure(median(answers), 'ms', 0)],
  });
  await host.rig('destroy', '--discard', id);
}

export async function benchLogEngine(): Promise<void> {
  await needPackages(['swatch', 'sec', 'ripgrep']);
  const host = await newHost();
  await installClock(host);
  host.write(clockAndEnd, `#!/bin/bash\n${clock}\npkill -x 'tail|sec'\n`);
  await host.must('chmod', ['+x', clockAndEnd]);
  const lines = await makeLines(host, Math.ceil(megabytes * linesPerMegabyte));
  const fewLines = await makeLines(host, Math.ceil((megabytes / 10) * linesPerMegabyte));
  for (const search of searches) {
    const what = `${megabytes} MB in one go, ${search.name}`;
    const slow = [swatchdog(search), sec(search)];
    const slowFigures = await measureSlow(host, slow, fewLines);
    const tools = [rig(search), tailGrep(search)];
    const [own, pipe] = await measureAll(host, tools, lines);
    if (!own || !pipe) continue;
    const cpu = figure(own.cpu, 's');
    report(`${what}: CPU`, cpu, { goal: search.goal, beside: ['tail -F | grep', figure(pipe.cpu, 's')] });
    for (const [index, { name }] of slow.entries()) {
      const other = slowFigures[index];
      if (other) report(`${what}: CPU`, cpu, { beside: [name, other] });
    }
    for (const tool of stillTools(search))
      report(`${what}: CPU`, cpu, { beside: [tool.name, await measureStill(host, tool)] });
    report(`${what}: last byte -> action starts`, figure(own.delayMs, 'ms', 0), {
      goal: 'at most 20 ms, or 1.1 x',
      beside: ['tail -F | grep', figure(pipe.delayMs, 'ms', 0)],
    });
    const matching = [...search.options.split(' '), '-m', search.pattern];
    await benchMemory(host, `${megabytes} MB, ${search.name}`, matching, lines);
  }
  const many = await makeLines(host, 1000 * megabytes, `seq -f '${line}, number %.0f' inf`);
  await benchMemory(host, `${1000 * megabytes} lines that match`, ['-F', '-m', 'status 200'], many);
}
