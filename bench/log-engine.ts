/**
 * The log engine in figures, beside what people use today: `npm run bench -- engine`. A gigabyte is appended in one go, the
 * line that is waited for comes last. CPU seconds are those of everything a tool has started, from bash's `times`.
 */
import type { TestHost } from '../test/support/host.ts';
import { waitFor } from '../test/support/wait.ts';
import { median, newHost, now, report } from './support.ts';

const runs = 3;
const megabytes = 1000;
const file = '/var/log/bench.log';

/** A tool, as a script of bash that ends when it has found the line, after writing the time to /run/found. */
interface Tool {
  name: string;
  script: string;
}

const found = 'echo $EPOCHREALTIME > /run/found';

/** tail would only notice at its next write that nobody reads any more: it is ended by hand. */
const tailGrep = (options: string): Tool => ({
  name: `tail -F | grep ${options}`,
  script: `mkfifo /run/pipe; tail -n0 -F ${file} > /run/pipe & t=$!; touch /run/ready
    grep -m1 ${options} < /run/pipe >/dev/null; ${found}; kill $t; wait $t; rm /run/pipe`,
});

const rig = (options: string): Tool => ({
  name: `rig logs ${options}`,
  script: `rig logs --logfile ${file} --no-journal ${options} --gcore 1 --foreground 2>/run/log`,
});

/** What is looked for, in the spelling of each tool. */
const searches = [
  { name: 'plain text', rig: '-F -m "the needle is here"', grep: '-F "the needle is here"' },
  { name: 'expression', rig: '-E -m "needle [a-z]+ h[ae]re"', grep: '-E "needle [a-z]+ h[ae]re"' },
  { name: '-i', rig: '-i -F -m "THE NEEDLE is here"', grep: '-i -F "THE NEEDLE is here"' },
];

/** CPU seconds of the shell's children: the second line of bash's `times`. */
function cpuSeconds(times: string): number {
  const seconds = [...(times.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  return seconds.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
}

async function measure(host: TestHost, { script }: Tool): Promise<{ cpu: number; delayMs: number }> {
  await host.must('sh', ['-c', `: > ${file}; rm -f /run/found /run/ready /run/log`]);
  const tool = await host.spawn('bash', ['-c', `${script}\ntimes`]);
  await waitFor(
    'the tool to watch',
    () => host.exists('/run/ready') || (host.exists('/run/log') && host.read('/run/log').includes('watches')),
  );
  await host.must('bash', ['-c', `cat /run/filler >> ${file}; echo 'and the needle is here' >> ${file}`], {
    timeoutMs: 120_000,
  });
  const written = now();
  await waitFor('the line to be found', () => host.exists('/run/found') && host.read('/run/found') !== '', {
    withinMs: 120_000,
  });
  const delayMs = Number(host.read('/run/found')) * 1000 - written;
  await tool.closed;
  return { cpu: cpuSeconds(tool.stdout), delayMs };
}

export async function benchLogEngine(): Promise<void> {
  const host = await newHost();
  host.write('/usr/local/bin/gcore', `#!/bin/bash\n${found}\n`);
  await host.must('chmod', ['+x', '/usr/local/bin/gcore']);
  // Lines of about 100 bytes, as a busy service writes them.
  const line =
    'Nov 22 15:07:37 host service[1234]: request 0123456789abcdef from 192.0.2.1 took 12 ms, status 200, bytes 5120';
  await host.must('bash', ['-c', `yes '${line}' | head -c ${megabytes}000000 > /run/filler; echo >> /run/filler`], {
    timeoutMs: 120_000,
  });
  for (const search of searches) {
    const results = new Map<string, { cpu: number; delayMs: number }[]>();
    for (let run = 0; run < runs; run++)
      for (const tool of [rig(search.rig), tailGrep(search.grep)]) {
        const result = await measure(host, tool);
        results.set(tool.name, [...(results.get(tool.name) ?? []), result]);
      }
    const medians = [...results].map(([name, list]) => {
      const cpu = median(list.map((result) => result.cpu));
      const delayMs = median(list.map((result) => result.delayMs));
      report(
        `${megabytes} MB, ${search.name}: ${name}`,
        `${cpu.toFixed(2)} s CPU, ${delayMs.toFixed(0)} ms after the last byte`,
      );
      return { cpu, delayMs };
    });
    const [a, b] = medians;
    if (a && b)
      report(
        `${megabytes} MB, ${search.name}: rig / tail -F | grep`,
        `CPU ${(a.cpu / b.cpu).toFixed(2)}, delay ${(a.delayMs / b.delayMs).toFixed(2)}`,
      );
  }
}
