/** Names and patterns of units are read as journalctl reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  completeUnitName,
  isUnitName,
  matchUnit,
} from '../../../../../src/monitors/logs/journal/selection/unit-name.ts';
import { newFolder } from '../../../../support/folder.ts';
import { readByJournalctl, writeJournal } from '../writing-journals.ts';

const names = [
  ...['nginx', 'nginx.service', 'ssh.socket', 'foo.bar', 'foo@1', 'foo@.service', 'a@b@c'],
  ...['a\\x2db.service', '-', '-.mount', 'dev-sda.device', 'a:b', 'A_1', 'foo.SERVICE'],
];

test('names are completed as journalctl does', (t) => {
  const path = writeJournal(newFolder(t), [[['MESSAGE', 'x']]]);
  const env = { ...process.env, SYSTEMD_LOG_LEVEL: 'debug' };
  for (const name of names) {
    const { stderr } = spawnSync('journalctl', ['--file', path, '--lines=0', `--unit=${name}`], { env });
    // The filter is shown with its backslashes doubled.
    const shown = / _SYSTEMD_UNIT=(.*)\)$/m.exec(String(stderr))?.[1]?.replaceAll('\\\\', '\\');
    assert.equal(completeUnitName(name), shown, name);
  }
});

const present = ['a', 'ab', 'abc', 'a-b', 'a]b', 'a[b', 'a\\b', 'Ab', 'a1', 'a.b', 'äb', 'a:b', '-', 'b'].map(
  (name) => `${name}.service`,
);
const patterns = [
  ...['*', 'a*', '*b.*', 'a?b*', '?.service', 'a[bc]*', 'a[!b]*', '[a-b]*', '[!a-b]*', 'a[]]b*', 'a[!]]b*'],
  ...['a[b*', '[]-a]*', 'a[-.]b*', '*[*', '**b**', '?*?'],
];

test('patterns match the units that journalctl finds with them', (t) => {
  const path = writeJournal(
    newFolder(t),
    present.map((unit) => [
      ['MESSAGE', 'x'],
      ['_SYSTEMD_UNIT', unit],
    ]),
  );
  for (const pattern of patterns) {
    const matches = matchUnit(pattern);
    const found = readByJournalctl(path, [`--unit=${pattern}`]).flatMap((entry) =>
      entry.values('_SYSTEMD_UNIT').map(String),
    );
    assert.deepEqual(present.filter(matches), found, pattern);
  }
});

test('a path, a text with blanks and a selector are no names of units', () => {
  for (const text of ['', '/home', 'a b', 'é', '_PID=1']) assert.ok(!isUnitName(text), text);
  for (const text of [...names, ...patterns]) assert.ok(isUnitName(text), text);
});
