/**
 * Entries with numbers are stored while everything between them and rig is disturbed at random. In the end each was examined
 * once, or had been removed before it could be read, and then the certificate says how many.
 */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { placeOfCursor } from '../../../../src/monitors/logs/journal/cursor.ts';
import type { JournalPlan } from '../../../../src/monitors/logs/plan.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { startHost } from '../../../support/host.ts';
import { randomFrom, seedsFor } from '../../../support/random.ts';
import { waitFor } from '../../../support/wait.ts';
import { numbered, readers, sendMany, startMany, watchJournal } from './watching-journal.ts';

const seeds = seedsFor(1);

const steps = 25;
const floodEntries = 8_000;

/** Each file has room for some thousand entries: in a flood journald rotates and vacuums by itself. */
const littleRoom = ['System', 'Runtime'].map((place) => `${place}MaxFileSize=2M\n${place}MaxUse=8M\n`).join('');

type Watch = Awaited<ReturnType<typeof watchJournal>>;

interface World {
  seed: number;
  plan: Partial<JournalPlan>;
  /** Whether files are removed though rig may not have read them. */
  mayLose: boolean;
}

/** Disturbs at random until everything that is left has been read; `done` says what was done. */
async function live(t: TestContext, { seed, plan, mayLose }: World) {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const isPersistent = random() < 0.5;
  const config = `RateLimitIntervalSec=0\n${mayLose && random() < 0.5 ? littleRoom : ''}`;
  const host = await startHost(t, { binary: process.execPath });
  let journald = await host.startJournald({ persistent: isPersistent, config });
  await host.journal('from before');
  const watch = await watchJournal(host, '^entry', plan);
  const armedAt = numberIn((await watch.status()).cursor);
  let sent = 0;
  let flood: Promise<unknown> = Promise.resolve();
  /** Of two streams journald does not read one to its end first: what is sent must wait for what was sent before. */
  const allStored = async (): Promise<void> => {
    await flood;
    await host.must('journalctl', ['--sync']);
  };
  /** Does not wait until they are stored. */
  const send = async (count: number): Promise<void> => {
    await allStored();
    await startMany(host, sent + 1, sent + count);
    sent += count;
  };
  /** What comes next disturbs it. */
  const startFlood = async (): Promise<void> => {
    await allStored();
    flood = sendMany(host, sent + 1, sent + floodEntries);
    sent += floodEntries;
  };
  const signalChildren = async (signal: NodeJS.Signals): Promise<void> => {
    for (const { pid } of watch.children()) await host.kill(pid, signal);
  };
  const catchUp = async (): Promise<void> => {
    await watch.watcher.signal('SIGCONT');
    await send(1);
    await host.must('journalctl', ['--sync']);
    await waitFor('the last entry', () => watch.lines().at(-1) === `entry ${sent}.`, { withinMs: 60_000 });
  };
  const vacuum = async (): Promise<void> => {
    const limits = [`--vacuum-size=${1 + below(8)}M`, `--vacuum-files=${1 + below(3)}`, '--vacuum-time=1us'];
    if (!mayLose) await catchUp();
    await host.must('journalctl', ['--rotate']);
    await host.must('journalctl', [limits[below(limits.length)] as string]);
  };
  const restartJournald = async (): Promise<void> => {
    // What journald has not read from its sockets when it is killed is lost before it was stored.
    await allStored();
    await journald.stop(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    journald = await host.startJournald({ persistent: isPersistent, config });
  };
  const deck: Array<[weight: number, what: string, step: () => Promise<unknown>]> = [
    [8, 'send', () => send(1 + below(300))],
    [1, 'flood', startFlood],
    [3, 'kill journalctl', () => signalChildren('SIGKILL')],
    [2, 'stop journalctl', () => signalChildren('SIGSTOP')],
    [1, 'stop rig', () => watch.watcher.signal('SIGSTOP')],
    [1, 'let rig go on', () => watch.watcher.signal('SIGCONT')],
    [2, 'rotate', () => host.must('journalctl', ['--rotate'])],
    [2, 'vacuum', vacuum],
    [3, 'pause', () => delay(random() * 300)],
    [1, 'restart journald', restartJournald],
  ];
  const cards = deck.flatMap(([weight, what, step]) => Array.from({ length: weight }, () => ({ what, step })));
  const done: string[] = [];
  const floodAt = below(steps);
  for (let number = 0; number < steps; number++) {
    const { what, step } = cards[below(cards.length)] as (typeof cards)[number];
    done.push(what);
    await step();
    if (number === floodAt) await startFlood();
  }
  await catchUp();
  return { watch, armedAt, sent, done: `after: ${done.join(', ')}` };
}

function numberIn(cursor: string | null): number {
  const found = placeOfCursor(cursor ?? '');
  assert.ok(found, `${cursor} has a number`);
  return found.number;
}

/** Killed at the wrong moment, journald has no file left to go on from. Then nothing can be counted, and none is said to be missing. */
const numberedAnew = 'journald began its numbers anew';

/**
 * What is said of the reading in the end, once nothing more may still be found: while a gap is known, more of it may be claimed
 * at the next look. `stored`: how many entries there were since arming.
 */
async function certificate(watch: Watch, armedAt: number) {
  let last: { entries: number; stored: number; gaps: Gap[]; coverage: string } | undefined;
  const isSettled = async (): Promise<boolean> => {
    const { entries, cursor, gaps, coverage } = await watch.status();
    // journald numbers all that it stores, its own entries too, and goes on where it was when it is started again.
    last = { entries, stored: numberIn(cursor) - armedAt, gaps, coverage };
    if (coverage.includes(numberedAnew)) return true;
    return !coverage.includes('may still be found') && entries + missingOf(gaps) >= last.stored;
  };
  await waitFor('what is missing to be claimed', isSettled).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
  return last as NonNullable<typeof last>;
}

const missingOf = (gaps: Gap[]): number => gaps.reduce((sum, { missing }) => sum + (missing ?? 0), 0);

for (const [name, plan] of readers)
  suite(`read by ${name === 'native' ? 'rig' : name}`, { concurrency: 2 }, () => {
    for (const seed of seeds) {
      test(`each entry is examined once, whatever happens to journalctl and journald (seed ${seed})`, async (t) => {
        const { watch, armedAt, sent, done } = await live(t, { seed, plan, mayLose: false });
        const { entries, stored, gaps } = await certificate(watch, armedAt);
        assert.deepEqual({ entries, gaps }, { entries: stored, gaps: [] }, done);
        assert.deepEqual(watch.lines(), numbered(1, sent), done);
      });

      test(`what was vacuumed away unread is counted, all else is examined once (seed ${seed})`, async (t) => {
        const { watch, armedAt, sent, done } = await live(t, { seed, plan, mayLose: true });
        const numbers = watch.lines().map((line) => Number(line.slice('entry '.length, -1)));
        const { entries, stored, gaps, coverage } = await certificate(watch, armedAt);
        const found = `${done}; ${JSON.stringify({ armedAt, sent, examined: numbers.length, entries, stored, gaps, coverage })}`;
        assert.ok(
          numbers.every((number, index) => number > (numbers[index - 1] ?? 0)),
          `in order and none twice, ${found}`,
        );
        if (coverage.includes(numberedAnew)) return;
        assert.equal(entries + missingOf(gaps), stored, found);
        const causes = gaps.map(({ cause }) => cause);
        assert.deepEqual(causes, entries === stored ? [] : ['removed from the journal before it was read'], found);
        assert.equal(coverage === 'gaps', entries < stored, found);
        if (entries === stored) assert.equal(numbers.length, sent, found);
      });
    }
  });
