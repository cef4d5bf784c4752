/** `npm run bench [-- NAME...]`: every bench, or those named. Needs root, as the tests do: each has test hosts of its own. */
import { readFileSync } from 'node:fs';
import { setUp } from '../test/support/setup.ts';
import { benchJournal } from './journal.ts';
import { benchList } from './list.ts';
import { benchLogEngine } from './log-engine.ts';
import { benchMainJob } from './main-job.ts';
import { benchSoak } from './soak.ts';
import { endHosts } from './support.ts';

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
await setUp();
const cpu = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
console.log(`${new Date().toISOString()}, ${cpu}, Node ${process.version}\n`);
try {
  for (const name of named.length === 0 ? Object.keys(benches) : named) await benches[name]?.();
} finally {
  await endHosts();
}
