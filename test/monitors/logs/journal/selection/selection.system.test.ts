/** What is chosen of a journal file by rig and by journalctl with the same arguments. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { JournalFile } from '../../../../../src/monitors/logs/journal/format/journal-file.ts';
import { compileSelection } from '../../../../../src/monitors/logs/journal/selection/selection.ts';
import { randomBelow, seedsFor } from '../../../../support/random.ts';
import { readByJournalctl, variedEntries, writeJournal } from '../writing-journals.ts';

const count = 300;

const unitSelectors = [
  'nginx',
  'nginx.service',
  'ssh.socket',
  'system.slice',
  'foo@1.service',
  'foo@1',
  'a\\x2db.service',
  'foo@*.service',
  '*.socket',
  'foo@[1]*',
  'foo@[!1].service',
  '?ginx.service',
  'system.*',
  '*',
];
const matchSelectors = [
  '_PID=1',
  '_PID=4711',
  '_UID=0',
  '_UID=1000',
  'SYSLOG_IDENTIFIER=sshd',
  'SYSLOG_IDENTIFIER=cron',
  'MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1',
  'MESSAGE=alpha',
  'MESSAGE=',
  'UNIT=ssh.socket',
];
const prioritySelectors = ['0', '3', '7', 'err', 'warning', '2..4', '4..2', 'err..info', 'debug..emerg', '6..6'].map(
  (each) => `--priority=${each}`,
);

const folder = mkdtempSync(join(tmpdir(), 'rig-unit-'));
const path = writeJournal(folder, variedEntries(1, count));
const file = JournalFile.open(path);
after(() => {
  file.close();
  rmSync(folder, { recursive: true });
});

function chosenByRig(selectors: string[]): string[] {
  const selection = compileSelection(selectors);
  const cursors: string[] = [];
  file.readEntries(0, (entry) => {
    if (selection.accepts(entry)) cursors.push(entry.cursor());
    return true;
  });
  return cursors;
}

function chosenByJournalctl(selectors: string[]): string[] {
  const args = selectors.map((each) => (each.includes('=') ? each : `--unit=${each}`));
  return readByJournalctl(path, ['--output-fields=_PID', ...args]).map((entry) => entry.cursor());
}

function assertSame(selectors: string[]): void {
  assert.deepEqual(chosenByRig(selectors), chosenByJournalctl(selectors), selectors.join(' '));
}

for (const [what, selectors] of [
  ['unit', unitSelectors],
  ['field', matchSelectors],
  ['priority', prioritySelectors],
] as const)
  test(`the entries chosen by one ${what} are those that journalctl shows`, () => {
    for (const each of selectors) assertSame([each]);
  });

test('the entries chosen by several units, fields and a priority are those that journalctl shows', () => {
  for (const seed of seedsFor(10)) {
    const below = randomBelow(seed);
    const some = (choices: readonly string[], most: number): string[] =>
      Array.from({ length: below(most + 1) }, () => choices[below(choices.length)] as string);
    assertSame([...some(unitSelectors, 3), ...some(matchSelectors, 3), ...some(prioritySelectors, 1)]);
  }
});

test('the entries that were compared are neither all nor none', () => {
  const counts = ['nginx', '_PID=1', '--priority=3'].map((each) => chosenByRig([each]).length);
  for (const chosen of counts) assert.ok(chosen > 0 && chosen < count, String(counts));
});
