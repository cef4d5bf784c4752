/** The certificate of a watched file: what was examined, and what may be missing. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { EndedSpan } from '../../../../src/monitors/logs/files/certificate.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { newFolder } from '../../../support/folder.ts';
import { waitFor } from '../../../support/wait.ts';
import { type Following, follow, standStill, whileRigLooks } from './following.ts';

interface Certificate {
  coverage: string;
  gaps: Gap[];
  examined: Array<EndedSpan | Omit<EndedSpan, 'ended'>>;
  earlierSpans?: number;
}

/** What is said of the first path. */
const certificateOf = ({ source }: Following): Certificate => source.status()[0] as unknown as Certificate;
const spansOf = (following: Following) => certificateOf(following).examined.map(({ from, to }) => [from, to]);

test('a file that only grows has no gap, and the bytes that were examined are named with the identity of the file', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\nunfinished');
  const following = await follow(t, [file]);
  appendFileSync(file, ' one\ntwo\nnot yet');
  await following.until(2);
  const { dev, ino, birthtime } = statSync(file, { bigint: true });
  const identity = { device: String(dev), inode: String(ino), born: birthtime.toISOString() };
  assert.deepEqual(certificateOf(following).examined, [{ ...identity, from: 4, to: 23 }]);
  assert.equal(certificateOf(following).coverage, 'no gap');
});

test('a file that is waited for, comes, and is renamed away for the next has no gap', async (t) => {
  const file = join(newFolder(t), 'app.log');
  const following = await follow(t, [file]);
  assert.equal(certificateOf(following).coverage, 'no gap');
  writeFileSync(file, 'one\n');
  await following.until(1);
  appendFileSync(file, 'two\n');
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'three\n');
  await following.until(3);
  assert.deepEqual(spansOf(following), [
    [0, 8],
    [0, 6],
  ]);
  assert.equal(certificateOf(following).coverage, 'no gap');
});

test('a copy that is renamed over the file leaves no gap: what was examined in the file is not examined in the copy', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'the same line every time\n'.repeat(400));
  const following = await follow(t, [file]);
  writeFileSync(`${file}.new`, `${readFileSync(file)}new\n`);
  renameSync(`${file}.new`, file);
  await following.until(1);
  assert.deepEqual(spansOf(following), [
    [10_000, 10_000],
    [10_000, 10_004],
  ]);
  assert.equal(certificateOf(following).coverage, 'no gap');
});

test('files that came and went between two looks make "no gap" a claim that is not made', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file]);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'gone unseen\n');
  rmSync(file);
  writeFileSync(file, 'one\n');
  await following.until(1);
  assert.equal(
    certificateOf(following).coverage,
    'no gap known: between two looks another file, or more than one, may have had the name',
  );
});

for (const [what, comeAndGo] of [
  [
    'while it was renamed away',
    (file: string) => {
      renameSync(file, `${file}.1`);
      writeFileSync(file, 'gone unseen\n');
      rmSync(file);
      renameSync(`${file}.1`, file);
    },
  ],
  [
    'while a link led to it',
    (file: string) => {
      for (const target of [`${file}.2`, `${file}.1`]) {
        symlinkSync(target, `${file}.next`);
        renameSync(`${file}.next`, file);
        if (target.endsWith('2')) writeFileSync(file, 'gone unseen\n');
      }
    },
  ],
] as const)
  test(`another file that had the name ${what}, and is the same again at the next look, makes "no gap" a claim that is not made`, async (t) => {
    const file = join(newFolder(t), 'app.log');
    writeFileSync(`${file}.1`, '');
    if (what.includes('link')) symlinkSync(`${file}.1`, file);
    else writeFileSync(file, '');
    const following = await follow(t, [file]);
    comeAndGo(file);
    appendFileSync(file, 'one\n');
    await following.until(1);
    await waitFor('the next look', () => /^no gap known: between two looks/.test(certificateOf(following).coverage));
  });

test('of hundreds of logs in one folder that are all written to at once no event was lost, and none has a gap', async (t) => {
  const folder = newFolder(t);
  const logs = Array.from({ length: 400 }, (_, index) => join(folder, `${index}.log`));
  for (const log of logs) writeFileSync(log, '');
  const following = await follow(t, [], '.', { patterns: [join(folder, '*.log')] });
  for (const log of logs) appendFileSync(log, 'one\n');
  await following.until(logs.length);
  // That a name comes has all of them looked at.
  const last = join(folder, 'last.log');
  writeFileSync(last, 'two\n');
  await following.until(logs.length + 1);
  const rows = following.source.status().filter(({ source }) => source !== last);
  const claims = rows.map(({ coverage }) => coverage);
  assert.deepEqual([...new Set(claims)], ['no gap']);
});

test('what came and went when so much happened that the kernel dropped events makes "no gap" a claim that is not made', async (t) => {
  const folder = newFolder(t);
  const [file, other] = [join(folder, 'app.log'), join(folder, 'other')];
  const following = await follow(t, [file], '.', { patterns: [join(folder, 'b*.log')] });
  const kept = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'));
  for (let events = 0; events <= kept; events += 2) {
    writeFileSync(other, '');
    rmSync(other);
  }
  for (const name of [file, join(folder, 'b.log')]) {
    writeFileSync(name, 'gone unseen\n');
    rmSync(name);
  }
  const doubted = () => following.source.status().filter((each) => /no gap known: so much/.test(JSON.stringify(each)));
  await waitFor('both to be doubted', () => doubted().length === 2);
});

test('a folder that was renamed away for a moment makes "no gap" a claim that is not made', async (t) => {
  const folder = join(newFolder(t), 'logs');
  const file = join(folder, 'app.log');
  mkdirSync(folder);
  writeFileSync(file, '');
  const following = await follow(t, [file]);
  renameSync(folder, `${folder}.1`);
  mkdirSync(folder);
  writeFileSync(file, 'gone unseen\n');
  rmSync(folder, { recursive: true });
  renameSync(`${folder}.1`, folder);
  appendFileSync(file, 'one\n');
  await following.until(1);
  await waitFor('the doubt', () => /^no gap known: its folder was renamed/.test(certificateOf(following).coverage));
});

test('a link that is switched makes "no gap" a claim that is not made', async (t) => {
  const folder = newFolder(t);
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), '');
  symlinkSync('a', join(folder, 'link'));
  const following = await follow(t, [join(folder, 'link')]);
  symlinkSync('b', join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'link'));
  appendFileSync(join(folder, 'b'), 'one\n');
  await following.until(1);
  assert.match(certificateOf(following).coverage, /^no gap known: the link that leads to it was switched/);
});

test('a file that was read to its end and then truncated may lack what was written in the moment before', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file]);
  appendFileSync(file, 'one\n');
  await following.until(1);
  writeFileSync(file, 'two, and longer\n');
  await following.until(2);
  const { coverage, gaps, examined } = certificateOf(following);
  assert.match(coverage, /^no gap known: it was truncated/);
  assert.deepEqual(gaps, []);
  assert.deepEqual(
    examined.map((span) => [span.from, span.to, 'ended' in span && span.ended]),
    [
      [0, 4, 'truncated'],
      [0, 16, false],
    ],
  );
});

test('bytes that a file was known to hold and that were truncated unread are a gap, with their number', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '^first|^last');
  appendFileSync(file, `first\n${'filler line\n'.repeat(2_000_000)}last\n`);
  const { size } = statSync(file);
  // At once: a fast machine has read all of it a moment later.
  while (following.seen.length === 0) await nextTurn();
  truncateSync(file);
  await waitFor('the truncation to be seen', () => certificateOf(following).gaps.length > 0);
  const { coverage, gaps, examined } = certificateOf(following);
  assert.equal(coverage, 'gaps');
  assert.equal(gaps[0]?.cause, 'truncated before it was read');
  // The last line that was read is not complete.
  const read = size - (gaps[0]?.missingBytes ?? 0);
  assert.equal(read - ((read - 6) % 12), examined[0]?.to);
});

test('what is truncated unread is read in the copy that was made before (copytruncate), and nothing is missing', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const following = await follow(t, [file], '^first|^last|^next');
  appendFileSync(file, `first\n${'filler line\n'.repeat(500_000)}last\n`);
  await following.until(1);
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  appendFileSync(file, 'next\n');
  await following.until(3);
  assert.deepEqual(following.lines().sort(), ['first', 'last', 'next']);
  assert.deepEqual(certificateOf(following).gaps, []);
});

test('copytruncate while rig is stopped: the lines are found in the copy, each once', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  await following.until(1);
  appendFileSync(file, 'two\nthree\n');
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  appendFileSync(file, 'four\n');
  await following.until(4);
  assert.deepEqual(following.lines().sort(), ['four', 'one', 'three', 'two']);
});

test('copytruncate of a log that was empty when rig looked last: what came and was cut off is found in the copy', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  await following.until(1);
  truncateSync(file);
  await waitFor('the truncation to be seen', () => spansOf(following).length === 2);
  standStill(100);
  appendFileSync(file, 'two\n');
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  standStill(100);
  appendFileSync(file, 'three\n');
  await following.until(3);
  assert.deepEqual(following.lines().sort(), ['one', 'three', 'two']);
});

test('copytruncate whose second copy is there before either truncation is seen: what rig reads in the log is not read in that', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50, letGoAfterMs: 50 });
  appendFileSync(file, 'one, which is longer than what comes\n');
  await following.until(1);
  copyFileSync(file, `${file}-20261122`);
  truncateSync(file);
  appendFileSync(file, 'two\n');
  copyFileSync(file, `${file}-20261123`);
  // Longer than the lag of the kernel's clock that is allowed for.
  standStill(100);
  // At once: the copy is not looked at between the two.
  while (following.seen.length < 2) await nextTurn();
  truncateSync(file);
  appendFileSync(file, '3\n');
  await following.until(3);
  await waitFor('the copies to be let go', () => following.source.status().length === 1);
  assert.deepEqual(following.lines(), ['one, which is longer than what comes', 'two', '3']);
});

test('copytruncate of a log that took the name of one which was truncated and renamed unseen: its copy is not read beside it', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  await following.until(1);
  // In the turn's last phase: the look at all names, which comes due meanwhile, is before what inotify has to say of the file.
  await nextTurn();
  appendFileSync(file, 'two\n');
  copyFileSync(file, `${file}-20261122`);
  truncateSync(file);
  renameSync(file, `${file}-20261123`);
  writeFileSync(file, 'three\n');
  copyFileSync(file, `${file}-20261124`);
  standStill(100);
  while (following.seen.length < 3) await nextTurn();
  truncateSync(file);
  appendFileSync(file, 'four\n');
  await following.until(4);
  assert.deepEqual(following.lines().sort(), ['four', 'one', 'three', 'two']);
});

test('a copy that is looked at while it is made, and removed before rig sees that its log was truncated, is not read beside it', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const following = await follow(t, [file, `${file}.1`], '.', { intervalMs: 50, letGoAfterMs: 50 });
  appendFileSync(file, 'one\ntwo\n');
  await following.until(2);
  writeFileSync(`${file}.1`, 'old\none\n');
  await waitFor('the copy to be looked at', () => following.source.status()[1]?.offset === 8);
  appendFileSync(file, 'three\n');
  appendFileSync(`${file}.1`, 'two\nthree\n');
  truncateSync(file);
  rmSync(`${file}.1`);
  appendFileSync(file, 'four\n');
  await following.until(4);
  await waitFor('the copy to be let go', () => following.source.status().length === 2);
  assert.deepEqual(following.lines().sort(), ['four', 'one', 'three', 'two']);
});

test('what copytruncate cut off unread is read in the larger of two copies', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  await following.until(1);
  appendFileSync(file, 'two\n');
  copyFileSync(file, `${file}-20261122`);
  appendFileSync(file, 'three\n');
  copyFileSync(file, `${file}-20261123`);
  truncateSync(file);
  appendFileSync(file, 'four\n');
  await following.until(4);
  assert.deepEqual(following.lines().sort(), ['four', 'one', 'three', 'two']);
});

test('what copytruncate cut off behind a link is read in the larger of two copies, also where the other is followed', async (t) => {
  const folder = newFolder(t);
  const [link, file] = [join(folder, 'app.log'), join(folder, 'real.log')];
  writeFileSync(file, 'old\n');
  symlinkSync('real.log', link);
  const following = await follow(t, [link, `${file}.bak`], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  await following.until(1);
  copyFileSync(file, `${file}.bak`);
  await waitFor('the backup to be looked at', () => following.source.status()[1]?.offset === 8);
  appendFileSync(file, 'two\n');
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  appendFileSync(file, 'three\n');
  await following.until(3);
  assert.deepEqual(following.lines().sort(), ['one', 'three', 'two']);
});

test('copytruncate of a log in the moment in which it is opened: what was cut off is found in the copy', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  standStill(20);
  appendFileSync(file, 'one\n');
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
  await following.until(1);
});

test('what has the name of a copy and came before the log was cut off is not taken for one: it is no line of the log', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, 'old\n');
  writeFileSync(`${file}.1`, 'older\n');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\ntwo\n');
  await following.until(2);
  writeFileSync(`${file}.bak`, 'two\n');
  writeFileSync(file.replace('.log', '-2.log'), 'of another log\n');
  copyFileSync(`${file}.1`, `${file}.2`);
  // Longer than the lag of the kernel's clock that is allowed for; the log is looked at meanwhile.
  await whileRigLooks(300);
  truncateSync(file);
  // Unpacked again as gunzip does, which keeps the time.
  writeFileSync(`${file}.3`, 'oldest\n');
  utimesSync(`${file}.3`, 1e9, 1e9);
  appendFileSync(file, 'three\n');
  await following.until(3);
  appendFileSync(file, 'four\n');
  await following.until(4);
  assert.deepEqual(following.lines(), ['one', 'two', 'three', 'four']);
});

test('a log that came, and was rotated and compressed, before rig looked is a gap that names it', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  renameSync(file, `${file}.2`);
  writeFileSync(file, 'gone unseen\n');
  renameSync(file, `${file}.1`);
  writeFileSync(`${file}.1.gz`, gzipSync(readFileSync(`${file}.1`)));
  rmSync(`${file}.1`);
  writeFileSync(file, 'three\n');
  await following.until(2);
  await waitFor('the gap', () => certificateOf(following).gaps.length > 0);
  assert.deepEqual(
    certificateOf(following).gaps.map(({ cause, times }) => [cause, times]),
    [[`compressed before it was read: ${file}.1.gz`, 1]],
  );
  assert.deepEqual(following.lines().sort(), ['one', 'three']);
});

test('a log that is rotated and compressed while rig reads on in it is no gap', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], '.', { intervalMs: 50 });
  appendFileSync(file, 'one\n');
  renameSync(file, `${file}.1`);
  writeFileSync(`${file}.1.gz`, gzipSync(readFileSync(`${file}.1`)));
  rmSync(`${file}.1`);
  writeFileSync(file, 'two\n');
  await following.until(2);
  await whileRigLooks(150);
  assert.deepEqual(following.lines().sort(), ['one', 'two']);
  assert.equal(certificateOf(following).coverage, 'no gap');
});

test('a line that is examined in parts makes "no gap" a claim that is not made', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file], 'needle');
  appendFileSync(file, `${'x'.repeat(300_000)}needle\n`);
  await following.until(1);
  assert.match(certificateOf(following).coverage, /^no gap known: lines longer than 256 KiB/);
});

for (const [what, text] of [
  ['where a line should begin', 'one\n'],
  ['behind an unfinished line', 'one\nunfinished'],
] as const)
  test(`NUL bytes ${what}, which a writer may still fill, make "no gap" a claim that is not made`, async (t) => {
    const file = join(newFolder(t), 'app.log');
    writeFileSync(file, '');
    const following = await follow(t, [file]);
    writeFileSync(file, Buffer.concat([Buffer.from(text), Buffer.alloc(4096)]), { flag: 'a' });
    await following.until(1);
    const doubt =
      'no gap known: NUL bytes were passed over in it, and what is written in their place later is not seen';
    await waitFor('the doubt', () => certificateOf(following).coverage === doubt);
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'two\n');
    await waitFor('the next file', () => following.lines().includes('two'));
    assert.equal(certificateOf(following).coverage, doubt);
  });

test('a file that ends in NUL bytes at arming, which a writer may still fill, has no claim of "no gap"', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, Buffer.concat([Buffer.from('old\n'), Buffer.alloc(4096)]));
  assert.match(certificateOf(await follow(t, [file])).coverage, /^no gap known: NUL bytes/);
});

test('of a file that is truncated again and again the last spans are kept, and the number of those before', async (t) => {
  const file = join(newFolder(t), 'app.log');
  writeFileSync(file, '');
  const following = await follow(t, [file]);
  for (let count = 1; count <= 30; count++) {
    writeFileSync(file, `${'x'.repeat(count)}\n`);
    await following.until(count);
  }
  const { examined, earlierSpans } = certificateOf(following);
  assert.equal(examined.length, 21);
  assert.equal(examined.length + (earlierSpans ?? 0), 30);
});

test('what rsyslog, journald and the kernel say in a file that they left out is a gap, with what is missing', async (t) => {
  const file = join(newFolder(t), 'messages');
  const head = 'Nov 25 10:00:00 web01';
  // Of before arming.
  writeFileSync(file, `${head} kernel: net_ratelimit: 1 callbacks suppressed\n`);
  const following = await follow(t, [file]);
  const said = [
    'kernel: [ 1234.567890] net_ratelimit: 7 callbacks suppressed',
    'kernel: net_ratelimit: 30 callbacks suppressed',
    'systemd-journald[211]: Suppressed 120 messages from web.service',
    'systemd-journald[211]: Missed 5 kernel messages',
    'rsyslogd-2177: imuxsock[pid: 195, name: perl] from <web01:spam>: begin to drop messages due to rate-limiting',
    'rsyslogd-2177: imuxsock[pid: 195, name: perl]: 195 messages lost due to rate-limiting (5 allowed within 2 seconds)',
    'rsyslogd-2177: imuxsock lost 42 messages from pid 99 due to rate-limiting',
    // What anybody may say.
    'app[1]: Suppressed 9 messages from nobody',
    'app[1]: 9 messages lost due to rate-limiting',
    'kernel: nothing is suppressed',
  ];
  appendFileSync(file, said.map((line) => `${head} ${line}\n`).join(''));
  appendFileSync(file, 'kernel: net_ratelimit: 9 callbacks suppressed\n');
  await following.until(said.length + 1);
  const { coverage, gaps } = certificateOf(following);
  assert.deepEqual(
    gaps.map(({ cause, times, missing }) => [cause, times, missing]).sort(),
    [
      ['kernel: net_ratelimit: N callbacks suppressed', 2, 37],
      [
        'rsyslogd-2177: imuxsock[pid: 195, name: perl] from <web01:spam>: begin to drop messages due to rate-limiting',
        1,
        null,
      ],
      [
        'rsyslogd-2177: imuxsock[pid: 195, name: perl]: N messages lost due to rate-limiting (5 allowed within 2 seconds)',
        1,
        195,
      ],
      ['rsyslogd-2177: imuxsock lost N messages from pid 99 due to rate-limiting', 1, 42],
      ['systemd-journald: Missed N kernel messages', 1, 5],
      ['systemd-journald: Suppressed N messages from web.service', 1, 120],
    ].sort(),
  );
  assert.equal(coverage, 'gaps');
});

for (const [what, line, coverage] of [
  ['a file of syslog', 'Nov 25 10:00:00 web01 app[1]: hello', /^no gap known: in a burst it was not looked for/],
  ['a file of another kind', '{"level":"info","message":"hello"}', /^no gap$/],
] as const)
  test(`a burst too large to be searched for such lines leaves no more than a doubt, and only in ${what}`, async (t) => {
    const file = join(newFolder(t), 'messages');
    writeFileSync(file, '');
    const following = await follow(t, [file], 'last');
    appendFileSync(file, `${`${line}\n`.repeat(400_000)}last\n`);
    await following.until(1);
    assert.match(certificateOf(following).coverage, coverage);
  });
