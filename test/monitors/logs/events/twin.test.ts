import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTwin, triggeringLine } from '../../../../src/monitors/logs/events/twin.ts';
import type { Trigger } from '../../../../src/plugin.ts';

const at = new Date(2026, 10, 22, 15, 26, 46, 500);
const inJournal = (message: string, seconds = 0): string =>
  `${new Date(at.getTime() + seconds * 1000).toISOString().replace('Z', '000Z')} app[7]: ${message}\n`;
const inFile = (message: string, second = '46'): string => `Nov 22 15:26:${second} web01 app[7]: ${message}\n`;

function triggered(subject: string, text: string): ReturnType<typeof triggeringLine> {
  const facts = { position: { cursor: 'x' }, loggedAt: at.toISOString() };
  return triggeringLine({ subject, text: text.trimEnd(), facts } as unknown as Trigger);
}

const both: Array<[what: string, subject: string, text: string, twin: string]> = [
  ['of the journal in a file', 'journal', 'boom 1', inFile('boom 1')],
  ['of a file in the journal', '/var/log/syslog', inFile('boom 1'), inJournal('boom 1')],
  ['of one file in another', '/var/log/syslog', inFile('boom 1'), inFile('boom 1')],
  ['of several lines', 'journal', 'boom\n  at main', inFile('boom#012  at main')],
  [
    'of several lines, in the journal',
    '/var/log/syslog',
    inFile('boom#012  at main'),
    inJournal('boom\n      at main'),
  ],
  ['that is not ASCII', 'journal', 'größe 日本', inFile('größe 日本')],
  ['in a file of RFC 5424', 'journal', 'boom 1', `<13>1 ${at.toISOString()} web01 app 7 - - boom 1\n`],
  ['of the kernel', '/var/log/kern.log', 'Nov 22 15:26:46 web01 kernel: [   12.345678] boom 1', inJournal('boom 1')],
];
for (const [what, subject, text, twin] of both)
  test(`the twin of a line is found: ${what}`, () => {
    const lines = `${inFile('first')}${twin}${inFile('last')}`;
    assert.equal(findTwin(Buffer.from(lines), triggered(subject, text), 'last'), inFile('first').length);
  });

const none: Array<[what: string, line: string]> = [
  ['the same message of long before', inFile('boom 1', '12')],
  ['a longer message', inFile('boom 12')],
  ['another message', inFile('boom 2')],
  ['a line without a time', 'boom 1\n'],
];
for (const [what, line] of none)
  test(`not taken for the twin: ${what}`, () => {
    assert.equal(findTwin(Buffer.from(line), triggered('journal', 'boom 1'), 'first'), undefined);
  });

test('of equal lines the last one before the trigger is taken, and the first one behind it', () => {
  const lines = Buffer.from(`${inFile('boom 1')}${inFile('boom 1')}`);
  const line = triggered('journal', 'boom 1');
  assert.deepEqual([findTwin(lines, line, 'last'), findTwin(lines, line, 'first')], [inFile('boom 1').length, 0]);
});

test('where no line triggered, there is no twin', () => {
  const trigger = { subject: 'logs', text: '', facts: {} } as unknown as Trigger;
  assert.equal(findTwin(Buffer.from(inFile('')), triggeringLine(trigger), 'last'), undefined);
});
