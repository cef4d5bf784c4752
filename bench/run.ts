/**
 * `npm run bench [-- NAME...]`: every bench, or those named. Needs root, as the tests do: each has test hosts of its own. What was
 * measured is printed, and saved as a file under bench/results/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../build/paths.ts';
import { gitCommit } from '../build/version.ts';
import { setUp } from '../test/support/setup.ts';
import { benchJournal } from './journal.ts';
import { benchList } from './list.ts';
import { benchLogEngine } from './log-engine.ts';
import { benchMainJob } from './main-job.ts';
import { benchSoak } from './soak.ts';
import { endHosts, reportedTable } from './support.ts';

const benches: Record<string, () => Promise<void>> = {
  main: benchMainJob,
  engine: benchLogEngine,
  journal: benchJournal,
  list: benchList,
  soak: benchSoak,
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`npm run bench: there is ${Object.keys(benches).join(', ')}, got "${unknown}"`);
  process.exit(2);
}

/** Everything that the figures depend on and that says nothing of whose machine it is. */
function describeRun(): string {
  const settings = Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith('RIG_BENCH_') ? [`${name}=${value}`] : [],
  );
  return [
    `- date: ${startedAt.toISOString()}`,
    `- commit: ${gitCommit()}, Node ${process.version}`,
    `- machine: ${cpus()[0]?.model}, ${cpus().length} cores, Linux ${release()}`,
    `- load average at the start, which should be near 0: ${loadavg()[0]?.toFixed(2)}`,
    ...(settings.length === 0 ? [] : [`- not the usual size: ${settings.join(' ')}`]),
  ].join('\n');
}

/** Every run has a file of its own: 2026-11-25-223340-engine.md. */
function save(what: string): void {
  const table = reportedTable();
  if (table === undefined) return;
  const folder = join(root, 'bench', 'results');
  const stamp = startedAt.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
  const file = join(folder, `${stamp}-${named.length === 0 ? 'all' : named.join('-')}.md`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `# npm run bench${named.length === 0 ? '' : ` -- ${named.join(' ')}`}\n\n${what}\n\n${table}\n`, {
    flag: 'wx',
  });
  console.log(`\nsaved: ${relative(root, file)}`);
}

await setUp();
const startedAt = new Date();
const run = describeRun();
console.log(`${run}\n`);
let ending = '\n- this run failed before its end';
try {
  for (const name of named.length === 0 ? Object.keys(benches) : named) await benches[name]?.();
  ending = '';
} finally {
  await endHosts();
  save(`${run}${ending}`);
}
