import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { messageOfLine, SameEvent } from '../../../../src/monitors/logs/events/same-event.ts';
import { kindOf } from '../../../../src/rig/condition/kind.ts';

const host = hostname();
type Seen = [source: string, line: string, atMs?: number];

/** How many events a row of sightings is, where `app` logged what the journal has. */
function count(sightings: Seen[]): number {
  const same = new SameEvent();
  return sightings
    .map(([source, line, atMs = 0]) => same.countNew({ source, line: Buffer.from(line), identifier: 'app' }, atMs))
    .reduce((sum, each) => sum + each, 0);
}

const journal = 'journal';
const messages = '/var/log/messages';
const auth = '/var/log/auth.log';
const syslog = (message: string, time = '15:26:46'): string => `Nov 22 ${time} ${host} app[7]: ${message}`;

const rows: Array<[what: string, sightings: Seen[], events: number]> = [
  [
    'journal, then file',
    [
      [journal, 'boom'],
      [messages, syslog('boom')],
    ],
    1,
  ],
  [
    'file, then journal',
    [
      [messages, syslog('boom')],
      [journal, 'boom'],
    ],
    1,
  ],
  [
    'journal and two files',
    [
      [messages, syslog('boom')],
      [journal, 'boom'],
      [auth, syslog('boom')],
    ],
    1,
  ],
  [
    'two files without the journal',
    [
      [messages, syslog('boom')],
      [auth, syslog('boom')],
    ],
    1,
  ],
  [
    'two equal messages, journal first',
    [
      [journal, 'b'],
      [journal, 'b'],
      [messages, syslog('b')],
      [messages, syslog('b')],
    ],
    2,
  ],
  [
    'two equal messages, by turns',
    [
      [journal, 'b'],
      [messages, syslog('b')],
      [journal, 'b'],
      [messages, syslog('b')],
    ],
    2,
  ],
  [
    'two equal messages, one of them only in the journal',
    [
      [journal, 'b'],
      [journal, 'b'],
      [messages, syslog('b')],
    ],
    2,
  ],
  [
    'two equal lines in one file',
    [
      [messages, syslog('b')],
      [messages, syslog('b')],
    ],
    2,
  ],
  [
    'different messages',
    [
      [journal, 'boom 1'],
      [messages, syslog('boom 2')],
    ],
    2,
  ],
  [
    'the same message of another program',
    [
      [journal, 'boom'],
      [messages, `Nov 22 15:26:46 ${host} other: boom`],
    ],
    2,
  ],
  [
    'the same message of another host',
    [
      [journal, 'boom'],
      [messages, 'Nov 22 15:26:46 elsewhere app: boom'],
    ],
    2,
  ],
  [
    'an ISO 8601 time',
    [
      [journal, 'boom'],
      [messages, `2026-11-22T15:26:46.123456+00:00 ${host} app: boom`],
    ],
    1,
  ],
  [
    'a line as RFC 5424 has it',
    [
      [journal, 'boom: 1'],
      [messages, `<13>1 2026-11-22T15:26:46.123456+00:00 ${host} app 7 - - boom: 1`],
    ],
    1,
  ],
  [
    'a line as RFC 5424 has it, with data',
    [
      [journal, 'boom'],
      [messages, `<13>1 2026-11-22T15:26:46Z ${host} app - ID1 [a@1 b="x \\] y"][c@1] boom`],
    ],
    1,
  ],
  [
    'a host with its domain',
    [
      [journal, 'boom'],
      [messages, `Nov  2 15:26:46 ${host}.example.org app: boom`],
    ],
    1,
  ],
  [
    'lines that are no syslog lines, in two files',
    [
      ['/a', 'boom'],
      ['/b', 'boom'],
    ],
    2,
  ],
  [
    'the same time on two hosts',
    [
      ['/a', 'Nov 22 15:26:46 one app: boom'],
      ['/b', 'Nov 22 15:26:46 two app: boom'],
    ],
    2,
  ],
  [
    'a message of two lines, escaped',
    [
      [journal, 'boom\n\tand on\n'],
      [messages, syslog('boom#012#011and on')],
    ],
    1,
  ],
  [
    'a message that syslog cut',
    [
      [journal, `boom ${'x'.repeat(9000)}`],
      [messages, syslog(`boom ${'x'.repeat(2000)}`)],
    ],
    1,
  ],
  [
    'a minute apart',
    [
      [journal, 'boom', 0],
      [messages, syslog('boom', '15:27:46'), 60_000],
    ],
    2,
  ],
  [
    'four, of which syslog repeated three',
    [
      [journal, 'b'],
      [journal, 'b'],
      [journal, 'b'],
      [journal, 'b'],
      [messages, syslog('b')],
      [messages, syslog('message repeated 3 times: [ b]'), 60_000],
    ],
    4,
  ],
  [
    'five that only syslog has',
    [
      [messages, syslog('b')],
      [messages, syslog('message repeated 4 times: [ b]')],
    ],
    5,
  ],
  ['a number nobody has counted to', [[messages, syslog('message repeated 99999999 times: [ b]')]], 1],
];

for (const [what, sightings, events] of rows)
  test(`${what}: ${events === 1 ? 'one event' : `${events} events`}`, () => assert.equal(count(sightings), events));

test("the kernel's own time before its message in the file makes no second event", () => {
  const same = new SameEvent();
  const line = Buffer.from(`Nov 22 15:26:46 ${host} kernel: [12345.678901] Out of memory`);
  assert.equal(same.countNew({ source: messages, line }, 0), 1);
  assert.equal(same.countNew({ source: journal, line: Buffer.from('Out of memory'), identifier: 'kernel' }, 0), 0);
});

/** Of a program that did not name itself: journald knows it, or not any more, and so does syslog. */
const ofNobody = (identifier?: string) => ({
  source: journal,
  line: Buffer.from('boom'),
  isNameless: true as const,
  ...(identifier === undefined ? {} : { identifier }),
});
const inFile = (tag: string) => ({ source: messages, line: Buffer.from(`Nov 22 15:26:46 ${host} ${tag}: boom`) });
const byProtocol = { source: messages, line: Buffer.from(`<14>1 2026-11-22T15:26:46.5+00:00 ${host} - 55 - -  boom`) };

for (const [what, ...sightings] of [
  ['known to both', ofNobody('perl'), inFile('perl[55]')],
  ['known to journald only', ofNobody('perl'), inFile('[55]')],
  ['known to nobody', ofNobody(), inFile('[55]')],
  ['known to nobody, as RFC 5424 says', ofNobody(), byProtocol],
  ['known to journald only, as RFC 5424 says', ofNobody('perl'), byProtocol],
] as const)
  for (const order of [sightings, [...sightings].reverse()])
    test(`a message of a program without a name that has ended, ${what}, is one event (${order[0]?.source} first)`, () => {
      const same = new SameEvent();
      const counted = [...order, ...order].map((each) => same.countNew(each, 0));
      assert.deepEqual(counted, [1, 0, 1, 0]);
    });

test('what a program without a name says, and another one with a name, are two events', () => {
  const same = new SameEvent();
  const sightings = [
    ofNobody('perl'),
    { source: journal, line: Buffer.from('boom'), identifier: 'app' },
    inFile('app[7]'),
    inFile('perl[55]'),
  ];
  assert.deepEqual(
    sightings.map((each) => same.countNew(each, 0)),
    [1, 1, 0, 0],
  );
});

test('twenty thousand events in the journal and in the file, in any mixture, are twenty thousand', () => {
  const same = new SameEvent();
  let [sum, seed] = [0, 1];
  const waiting: number[] = [];
  const take = (source: string, number: number): void => {
    const line = Buffer.from(source === journal ? `boom ${number}` : syslog(`boom ${number}`));
    sum += same.countNew({ source, line, identifier: 'app' }, number / 100);
  };
  for (let number = 0; number < 20_000; number++) {
    seed = (seed * 48271) % 2147483647;
    take(seed % 2 === 0 ? journal : messages, number);
    waiting.push(number * 2 + (seed % 2));
    if (waiting.length < 1000) continue;
    const late = waiting.shift() as number;
    take(late % 2 === 0 ? messages : journal, Math.floor(late / 2));
  }
  assert.equal(sum, 20_000);
});

test('where only one place is watched nothing is paired, and repetitions still count', () => {
  const same = new SameEvent(true);
  const line = (text: string) => Buffer.from(`Nov 22 15:26:46 host app[1]: ${text}`);
  assert.equal(same.countNew({ source: '/var/log/app.log', line: line('boom') }, 0), 1);
  assert.equal(same.countNew({ source: '/var/log/app.log', line: line('boom') }, 0), 1);
  assert.equal(same.countNew({ source: '/var/log/app.log', line: line('message repeated 3 times: [ boom]') }, 0), 3);
  for (const source of ['journal', '/var/log/app.log'])
    assert.equal(same.countNew({ source, line: Buffer.from('message repeated 3 times: [ boom]') }, 0), 3, source);
});

test('what was seen in a file before the rig was stopped is found again in the journal, by the time of its entry', () => {
  const same = new SameEvent();
  const inJournal = { source: journal, line: Buffer.from('boom'), identifier: 'app' };
  assert.equal(same.countNew({ source: messages, line: Buffer.from(syslog('boom')) }, 1000), 1);
  assert.equal(same.countNew({ ...inJournal, monotonicMs: 999 }, 600_000), 0);
  assert.equal(same.countNew({ ...inJournal, monotonicMs: 300_000 }, 600_000), 1);
  assert.equal(same.countNew({ source: messages, line: Buffer.from(syslog('boom', '15:31:45')) }, 600_001), 0);
});

test('an event is of the same kind wherever it is seen first', () => {
  const inJournal = { source: journal, line: Buffer.from('boom 1'), identifier: 'app' };
  const inFile = { source: messages, line: Buffer.from(syslog('boom 2')) };
  const [kind, other] = [inJournal, inFile].map((each) => kindOf(messageOfLine(each)));
  assert.equal(kind, other);
});
