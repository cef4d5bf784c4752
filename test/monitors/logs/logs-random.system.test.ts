/**
 * Random lives of log files and of the journal, watched together while everything between them and rig is disturbed; in the end
 * each line was examined once.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compiledVectors } from '../../../build/bundle.ts';
import type { LogsPlan } from '../../../src/monitors/logs/plan.ts';
import { startHost, type TestHost } from '../../support/host.ts';
import { randomBelow, seedsFor } from '../../support/random.ts';
import { waitFor } from '../../support/wait.ts';
import { missingFrom, RandomLog, shortened, type World } from './files/random-log.ts';
import { readers } from './journal/watching-journal.ts';

const seeds = seedsFor(2);
const steps = 30;
const folder = '/var/log';

type Deck = Array<[weight: number, what: string, step: () => unknown]>;

const fixture = fileURLToPath(new URL('./fixtures/watch-logs.ts', import.meta.url));
const bundled = await build({
  entryPoints: [fixture],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  plugins: [compiledVectors],
});

/** A watch in a host, in a user namespace of its own: the limits of inotify belong to that. */
async function startWatch(host: TestHost, plan: LogsPlan) {
  host.write('/run/watch-logs.mjs', bundled.outputFiles[0]?.text ?? '');
  const command = ['-Ur', host.rigPath, '/run/watch-logs.mjs', JSON.stringify(plan)];
  const watcher = await host.spawnInteractive('unshare', command);
  const { pid } = watcher;
  const lines: string[] = [];
  const remarks: string[] = [];
  let [taken, isArmed] = [0, false];
  const take = (): void => {
    const printed = watcher.stdout.split('\n').slice(0, -1);
    for (const each of printed.slice(taken).map((line) => JSON.parse(line))) {
      if (each === 'armed') isArmed = true;
      else if ('line' in each) lines.push(shortened(each.line));
      else if ('remark' in each) remarks.push(each.remark);
    }
    taken = printed.length;
  };
  await waitFor('the watch to be armed', () => {
    if (watcher.hasEnded()) throw new Error(watcher.stderr);
    take();
    return isArmed;
  });
  return {
    lines: (): string[] => {
      take();
      return lines;
    },
    remarks,
    children: () => host.processesNamed('journalctl').filter(({ args }) => args.includes('--follow')),
    stop: async () => {
      await host.kill(pid, 'SIGSTOP');
      await waitFor('the watch to stand still', () => host.process(pid)?.state === 'T');
    },
    goOn: () =>
      waitFor('the watch to go on', async () => {
        // nsenter has stopped with it, and wakes it up when it goes on itself.
        watcher.resumeWaiting();
        return host.process(pid)?.state !== 'T';
      }),
    /** How many watches and instances of inotify it may have. */
    limitInotify: (limit: number) =>
      host.must('nsenter', [
        ...['--target', `${pid}`, '--user', '--preserve-credentials', 'sh', '-c'],
        `for what in instances watches; do echo ${limit} > /proc/sys/user/max_inotify_$what; done`,
      ]),
  };
}

/** Stores numbered entries in the journal. */
class Journal {
  readonly #host: TestHost;
  readonly #world: World;
  #journald: Awaited<ReturnType<TestHost['startJournald']>>;

  constructor(host: TestHost, world: World, journald: Awaited<ReturnType<TestHost['startJournald']>>) {
    this.#host = host;
    this.#world = world;
    this.#journald = journald;
  }

  async send(): Promise<void> {
    const { below, written } = this.#world;
    const lines = Array.from({ length: 1 + below(200) }, (_, index) => `journal ${written.length + index}`);
    written.push(...lines);
    await this.#host.must('systemd-cat', ['-t', 'many', 'cat'], { input: lines.map((line) => `${line}\n`).join('') });
  }

  async rotate(): Promise<void> {
    await this.#host.must('journalctl', ['--rotate']);
  }

  async restart(): Promise<void> {
    // What journald has not read from its sockets when it is killed is lost before it was stored.
    await this.#host.must('journalctl', ['--sync']);
    await this.#journald.stop(this.#world.below(2) === 0 ? 'SIGKILL' : 'SIGTERM');
    this.#journald = await this.#host.startJournald();
  }
}

async function live(t: TestContext, seed: number): Promise<void> {
  const below = randomBelow(seed);
  const host = await startHost(t, { binary: process.execPath });
  const journald = await host.startJournald({ persistent: below(2) === 0 });
  const [, reader] = readers[below(readers.length)] as (typeof readers)[number];
  const written: string[] = [];
  const done: string[] = [];
  let isStopped = false;
  const goOn = async (): Promise<void> => {
    isStopped = false;
    await watch.goOn();
  };
  const allRead = async (): Promise<void> => {
    if (isStopped) await goOn();
    await waitFor(`${written.length} lines`, () => watch.lines().length >= written.length, { withinMs: 30_000 }).catch(
      (cause) => {
        const missing = missingFrom(watch.lines(), written).join(', ');
        throw new Error(`not examined: ${missing} after: ${done.join(', ')}; ${watch.remarks.join('; ')}`, { cause });
      },
    );
  };
  const world: World = { below, written, allRead };
  const logs = ['a', 'b', 'c'].map((name, index) => new RandomLog(host.outside(folder), name, index === 2, world)) as [
    RandomLog,
    RandomLog,
    RandomLog,
  ];
  const watch = await startWatch(host, {
    messages: [{ text: '^(?:[abc]|journal) \\d', mode: 'expression', ignoreCase: false }],
    watch: 'everything',
    files: [`${folder}/a.log`, `${folder}/a.log.1`, `${folder}/b.log`],
    patterns: [`${folder}/c*.log`],
    intervalMs: 50,
    journal: { reader: 'native', selection: [], ...reader },
  });
  const journal = new Journal(host, world, journald);
  const log = (): RandomLog => logs[below(logs.length)] as RandomLog;
  const doOne = async (deck: Deck): Promise<void> => {
    const cards = deck.flatMap(([weight, ...card]) => Array.from({ length: weight }, () => card));
    const [what, step] = cards[below(cards.length)] as (typeof cards)[number];
    done.push(what);
    await step();
  };
  /** What a rig that stands still can catch up with; the third rotation of a log lets it go on first. */
  const unseen: Deck = [
    [3, 'write', () => log().writeSome()],
    [3, 'send to the journal', () => journal.send()],
    [5, 'rotate', () => log().rotate()],
    [1, 'rotate the journal', () => journal.rotate()],
    [1, 'restart journald', () => journal.restart()],
  ];
  const stopWatch = async (): Promise<void> => {
    await watch.stop();
    isStopped = true;
    for (let count = 2 + below(4); count > 0; count--) await doOne(unseen);
    if (isStopped) await goOn();
  };
  const signalJournalctl = (signal: NodeJS.Signals) =>
    Promise.all(watch.children().map(({ pid }) => host.kill(pid, signal)));
  const deck: Deck = [
    [8, 'write', () => log().writeSome()],
    [4, 'send to the journal', () => journal.send()],
    [4, 'rotate', () => log().rotate()],
    [2, 'truncate', () => log().truncate()],
    [1, 'rewrite', () => log().rewrite()],
    [1, 'recreate', () => log().recreate()],
    [2, 'replace by a copy', () => log().replaceByCopy()],
    [1, 'switch the link', () => logs[2].switchLink()],
    [1, 'rotate the journal', () => journal.rotate()],
    [1, 'restart journald', () => journal.restart()],
    [2, 'kill journalctl', () => signalJournalctl('SIGKILL')],
    [1, 'stop journalctl', () => signalJournalctl('SIGSTOP')],
    [2, 'use up inotify', () => watch.limitInotify(0)],
    [1, 'let inotify be', () => watch.limitInotify(1000)],
    [4, 'stop the watch', stopWatch],
    [2, 'pause', () => delay(below(100))],
  ];
  for (let number = 0; number < steps; number++) await doOne(deck);
  for (const each of logs) each.close();
  await journal.send();
  await host.must('journalctl', ['--sync']);
  const stored = (await host.must('journalctl', ['-t', 'many', '-o', 'cat', '-q'])).split('\n').filter(Boolean);
  const sent = written.filter((line) => line.startsWith('journal'));
  assert.equal(stored.length, sent.length, `journald stored everything: ${done.join(', ')}`);
  await allRead();
  // A line that is examined twice would be by one of the next looks.
  await delay(200);
  assert.deepEqual([...watch.lines()].sort(), written.sort(), `after: ${done.join(', ')}`);
}

// Side by side: a journalctl that hangs is given up only after some seconds.
describe('each line of files and journal is examined once, whatever happens to them and to rig', {
  concurrency: 4,
}, () => {
  for (const seed of seeds) test(`RIG_TEST_SEED ${seed}`, (t) => live(t, seed));
});
