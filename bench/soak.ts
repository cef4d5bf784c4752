/**
 * A restarting rig under load: `npm run bench -- soak`. A matching line 20 times a second; RIG_BENCH_SECONDS says how long, two
 * minutes by default.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TestHost } from '../test/support/host.ts';
import { armRig, theRig, theSources } from '../test/support/rigs.ts';
import { newHost, report, setting, usedBy } from './support.ts';

const seconds = setting('SECONDS', 120);
const perSecond = 20;
const log = '/var/log/messages';

function held(host: TestHost, pid: number): string {
  const { privateMb } = usedBy(host, [pid]);
  return `${privateMb.toFixed(1)} MB private, ${host.list(`/proc/${pid}/fd`).length} descriptors`;
}

export async function benchSoak(): Promise<void> {
  const host = await newHost();
  host.write(log, 'first\n');
  const id = await armRig(host, 'logs', '-m', 'boom', '--no-journal', '--noop', '--restart', -1);
  const { pid } = await theRig(host, id);
  await delay(2000);
  report('at the start', held(host, pid));
  const lines = seconds * perSecond;
  const begunAt = performance.now();
  for (let line = 1; line <= lines; line++) {
    host.append(log, `boom ${line}\n`);
    await delay(Math.max(0, begunAt + (line * 1000) / perSecond - performance.now()));
    if (line === lines / 2) report('half way', held(host, pid));
  }
  await delay(3000);
  report('at the end', held(host, pid));
  const condition = (await theSources(host, id)).find(({ source }) => source === 'condition');
  report('lines sent; triggers; archives', `${lines}; ${(await theRig(host, id)).triggers}; ${host.archives().length}`);
  report('passed over', JSON.stringify(condition?.passedOver));
  await host.rig('destroy', '--discard', id);
}
