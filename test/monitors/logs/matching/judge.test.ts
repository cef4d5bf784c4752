import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Verdict } from '../../../../src/monitors/logs/matching/judge.ts';
import { Judge } from '../../../../src/monitors/logs/matching/judge.ts';
import { compileMatcher } from '../../../../src/monitors/logs/matching/matcher.ts';
import type { LogsPlan } from '../../../../src/monitors/logs/plan.ts';
import { waitFor } from '../../../support/wait.ts';
import { standStill } from '../files/following.ts';

const message = (text: string) => ({ text, mode: 'expression', ignoreCase: false }) as const;

/** So many lines are in a slice of a file; between two slices the event loop turns. */
const linesAtOnce = 2500;

/** Takes lines as a source does, from a buffer that is overwritten, and waits for the verdicts on those that may match. */
async function judge(plan: Partial<LogsPlan>, lines: string[]): Promise<Array<[string, Verdict | undefined]>> {
  const seen: Array<[string, Verdict | undefined]> = [];
  const whole: LogsPlan = { message: message('x'), count: 1, files: [], ...plan };
  const judge = new Judge(whole, ({ line }, verdict) => {
    seen.push([line.toString(), verdict]);
    return 'counted';
  });
  const matcher = compileMatcher(whole.message);
  let taken = 0;
  for (const [number, text] of lines.entries()) {
    if (number % linesAtOnce === 0) await turn();
    const line = Buffer.from(text);
    if (!matcher.test(line)) continue;
    judge.take({ source: 'journal', line, position: { cursor: '' }, atMs: 0 });
    taken++;
    line.fill('#');
  }
  await waitFor('the verdicts', () => seen.length === taken, { withinMs: 280_000 });
  judge.stop();
  return seen;
}

const matching = (seen: Array<[string, Verdict | undefined]>): string[] =>
  seen.filter(([, verdict]) => verdict?.isFirst).map(([line]) => line);

/** Expressions of the ReDoS literature, each with what makes V8 run them by backtracking, and a hostile line. */
const hostile: Array<[expression: string, line: string]> = [
  ['^(?=a)(a+)+$', `${'a'.repeat(40)}!`],
  ['^(([a-z])+.)+[A-Z]([a-z])+$(?<!q)', `${'a'.repeat(5000)}`],
  ['(?!b)(a|aa)+$', `${'a'.repeat(60)}!`],
  ['(?=x)(x+x+)+y', 'x'.repeat(40)],
  ['^(\\w+)\\s(?:\\1\\s?)+z$|^(?:(a|a|b)+)+\\1c', `${'a'.repeat(40)} `],
  ['(?<!z)^(\\d+)*(\\.\\d+)*(-\\w+)*\\.$(?!z)', `${'1'.repeat(40)}x.`],
  ['(.*a){20}(?=Z)', `${'a'.repeat(60)}`],
  ['^((\\S+) )*\\2:$', `${'a b '.repeat(20)}${'c'.repeat(30)}`],
];

for (const [expression, line] of hostile)
  test(`${expression} comes to an end on a hostile line, and the lines around it are judged`, {
    timeout: 60_000,
  }, async () => {
    const seen = await judge({ message: message(`${expression}|good (?=line)`) }, ['good line 1', line, 'good line 2']);
    assert.deepEqual(
      matching(seen).filter((each) => each.startsWith('good')),
      ['good line 1', 'good line 2'],
    );
    for (const [text, verdict] of seen) if (text === line) assert.ok(!verdict?.isFirst);
  });

test('a line that takes too long counts as not matching and is told apart from one that does not match', async () => {
  const seen = await judge({ message: message('(?=a)(a+)+b(?!c)') }, [`${'a'.repeat(40)}bc`, 'abc', 'ab']);
  assert.deepEqual(
    seen.map(([, verdict]) => verdict?.isFirst),
    [undefined, false, true],
  );
});

test('a flood of hostile lines leaves the event loop free, and what comes behind it is found', {
  timeout: 120_000,
}, async () => {
  const lines = [...Array.from({ length: 20 }, () => `${'a'.repeat(40)}bc`), 'ab'];
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  const seen = await judge({ message: message('(?=a)(a+)+b(?!c)') }, lines);
  clearInterval(counting);
  assert.deepEqual(matching(seen), ['ab']);
  assert.ok(turns >= 20, `${turns} turns`);
});

test('a flood of two hundred hostile lines has an end, and nothing is kept waiting long meanwhile', {
  timeout: 300_000,
}, async () => {
  // Several times as many as may have their whole time; each is tried again where the machine gives no CPU, so not more than needed.
  const lines = [...Array.from({ length: 200 }, () => `${'a'.repeat(60)}bc`), 'ab'];
  let longest = 0;
  let last = process.threadCpuUsage();
  const looking = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.threadCpuUsage();
  }, 1);
  const seen = await judge({ message: message('(?=a)(a+)+b(?!c)') }, lines).finally(() => clearInterval(looking));
  assert.deepEqual(matching(seen), ['ab']);
  assert.equal(seen.filter(([, verdict]) => verdict === undefined).length, 200);
  // Of this thread's time on a CPU, so that a busy machine does not matter.
  assert.ok(longest < 150, `${longest} ms`);
});

for (const [text, sought] of [
  ['q+[0-9]{4}x', 'qqq1234x'],
  ['(?<!z)q+[0-9]{4}x', 'qqq1234x'],
  ['^needle$', '\nneedle\n'],
] as const)
  test(`a message of 16 MB is searched for ${text} a part at a time, wherever it stands`, {
    timeout: 120_000,
  }, async (t) => {
    const size = 16 * 1024 * 1024;
    const seen: Array<Verdict | undefined> = [];
    const whole: LogsPlan = { message: message(text), count: 1, files: [] };
    const judge = new Judge(whole, (_, verdict) => {
      seen.push(verdict);
      return 'counted';
    });
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    t.after(() => clearInterval(counting));
    const places = [0, 256 * 1024 - 5, size / 2, size - sought.length];
    for (const at of places) {
      const line = Buffer.alloc(size, 'q 1 ');
      line.write(sought, at);
      judge.take({ source: 'journal', line, position: { cursor: '' }, atMs: 0 });
      line.fill('#');
      await judge.whenIdle();
    }
    judge.take({ source: 'journal', line: Buffer.alloc(size, 'q 1 '), position: { cursor: '' }, atMs: 0 });
    await judge.whenIdle();
    assert.deepEqual(
      seen.map((verdict) => verdict?.isFirst),
      [...places.map(() => true), false],
    );
    assert.ok(turns >= 10, `${turns} turns`);
  });

test('large messages that come faster than they are judged are judged all the same', { timeout: 120_000 }, async () => {
  const seen: Array<Verdict | undefined> = [];
  const whole: LogsPlan = { message: message('q[0-9]+x'), count: 1, files: [] };
  const judge = new Judge(whole, (_, verdict) => {
    seen.push(verdict);
    return 'counted';
  });
  const line = Buffer.alloc(10 * 1024 * 1024, 'q 1 ');
  line.write('q1x', line.length - 3);
  for (let number = 0; number < 6; number++) judge.take({ source: 'journal', line, position: { cursor: '' }, atMs: 0 });
  await judge.whenIdle();
  assert.deepEqual(
    seen.map((verdict) => verdict?.isFirst),
    Array.from({ length: 6 }, () => true),
  );
});

test('a hundred thousand harmless lines are all judged, in order', async () => {
  const lines = Array.from({ length: 100_000 }, (_, number) => `x${number} ${number % 3 === 0 ? 'bad' : 'fine'}`);
  const seen = await judge({ message: message('x\\d+ (?!bad)') }, lines);
  const expected = lines.filter((line) => line.endsWith('fine'));
  assert.equal(matching(seen).length, expected.length);
  // Not deepEqual, which takes all memory to say how such arrays differ.
  assert.ok(matching(seen).every((line, index) => line === expected[index]));
});

test('a large message is judged although this process is stopped while a part of it is cut out', async (t) => {
  const seen: Array<Verdict | undefined> = [];
  const whole: LogsPlan = { message: message('q[0-9]+x(?!y)'), count: 1, files: [] };
  const judge = new Judge(whole, (_, verdict) => {
    seen.push(verdict);
    return 'counted';
  });
  t.after(() => judge.stop());
  const line = Buffer.alloc(1024 * 1024, 'q 1 ');
  line.write('q1x', line.length - 3);
  let stops = 0;
  line.lastIndexOf = (...args) => {
    // Far longer than a line may take.
    if (stops++ === 0) standStill(1000);
    return Buffer.prototype.lastIndexOf.apply(line, args);
  };
  judge.take({ source: 'journal', line, position: { cursor: '' }, atMs: 0 });
  await judge.whenIdle();
  assert.ok(stops > 1);
  assert.deepEqual(
    seen.map((verdict) => verdict?.isFirst),
    [true],
  );
});

test('of a burst of lines too large to wait none is left without a verdict when they are harmless', async () => {
  let withoutVerdict = 0;
  const whole: LogsPlan = { message: message('x (?!bad)'), count: 1, files: [] };
  const judge = new Judge(whole, (_, verdict) => {
    if (!verdict) withoutVerdict++;
    return 'counted';
  });
  // Twenty files with a slice of long lines each, in one turn: 40 MB.
  const line = Buffer.from(`x fine ${'.'.repeat(4000)}`);
  for (let number = 0; number < 10_000; number++) {
    // Not even where this process is stopped while there is no room for more.
    if (number === 8000) standStill(300);
    judge.take({ source: 'journal', line, position: { cursor: '' }, atMs: 0 });
  }
  await judge.whenIdle();
  assert.equal(withoutVerdict, 0);
});

test('an exclusion and a following text with look-around are judged under the same bound', async () => {
  const plan = { message: message('x|y'), next: message('y(?=1)'), exclude: [message('(?<=x)2')] };
  const seen = await judge(plan, ['x1', 'x2', 'y1', 'y2']);
  assert.deepEqual(
    seen.map(([, verdict]) => verdict),
    [
      { isFirst: true, isSecond: false, isExcluded: false },
      { isFirst: true, isSecond: false, isExcluded: true },
      { isFirst: true, isSecond: true, isExcluded: false },
      { isFirst: true, isSecond: false, isExcluded: false },
    ],
  );
});
