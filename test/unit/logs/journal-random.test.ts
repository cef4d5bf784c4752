/**
 * Entries with numbers are stored while everything between them and rig is disturbed at random; in the end each was examined
 * once. RIG_TEST_SEED=N repeats a run, RIG_TEST_SEEDS=N makes more of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startHost } from '../../support/host.ts';
import { randomFrom } from '../../support/random.ts';
import { numbered, readers, watchJournal } from './watching-journal.ts';

const seeds =
  process.env.RIG_TEST_SEED === undefined
    ? Array.from({ length: Number(process.env.RIG_TEST_SEEDS ?? 3) }, () => Math.floor(Math.random() * 2 ** 32))
    : [Number(process.env.RIG_TEST_SEED)];

for (const [seed, [name, plan]] of seeds.flatMap((each) => readers.map((reader) => [each, reader] as const)))
  test(`each entry is examined once, whatever happens to journalctl and journald (${name}, seed ${seed})`, async (t) => {
    const random = randomFrom(seed);
    const host = await startHost(t, { binary: process.execPath });
    let journald = await host.startJournald({ persistent: random() < 0.5 });
    await host.journal('from before');
    const watch = await watchJournal(host, '^entry', plan);
    const signalChildren = async (signal: NodeJS.Signals): Promise<void> => {
      for (const { pid } of watch.children()) await host.kill(pid, signal);
    };
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      await host.sh(`seq -f 'entry %.0f.' ${sent + 1} ${sent + count} | systemd-cat -t many`);
      sent += count;
    };
    const steps: Array<[weight: number, what: string, step: () => Promise<unknown>]> = [
      [8, 'send', () => send(1 + Math.floor(random() * 300))],
      [3, 'kill journalctl', () => signalChildren('SIGKILL')],
      [2, 'stop journalctl', () => signalChildren('SIGSTOP')],
      [2, 'rotate', () => host.sh('journalctl --rotate')],
      [3, 'pause', () => delay(random() * 300)],
      [
        1,
        'restart journald',
        async () => {
          // What journald has not read from its sockets when it is killed is lost before it was stored.
          await host.must('journalctl', ['--sync']);
          await journald.stop(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
          journald = await host.startJournald();
        },
      ],
    ];
    const deck = steps.flatMap(([weight, what, step]) => Array.from({ length: weight }, () => ({ what, step })));
    const done: string[] = [];
    for (let number = 0; number < 25; number++) {
      const { what, step } = deck[Math.floor(random() * deck.length)] as (typeof deck)[number];
      done.push(what);
      await step();
    }
    await send(1);
    await host.must('journalctl', ['--sync']);
    const stored = (await host.must('journalctl', ['-t', 'many', '-o', 'cat', '-q'])).split('\n').filter(Boolean);
    assert.equal(stored.length, sent, `journald stored everything: ${done.join(', ')}`);
    await watch.until(sent);
    assert.deepEqual(watch.lines(), numbered(1, sent), `after: ${done.join(', ')}`);
    assert.deepEqual((await watch.status()).gaps, [], `after: ${done.join(', ')}`);
  });
