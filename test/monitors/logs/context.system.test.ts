/** What is kept of the logs around a trigger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enclosure } from '../../support/enclosure.ts';
import { startHost } from '../../support/host.ts';
import { bootMachine } from '../../support/machine.ts';
import { armRig, finished } from '../../support/rigs.ts';

async function contextOf(host: Enclosure, id: string, name: string): Promise<string> {
  const { archive } = await finished(host, id);
  return await host.must('tar', ['-xOf', archive ?? '', '--wildcards', `*/context/${name}`]);
}

test('the line that triggered is marked in the journal and in the file of syslog, wherever it was seen first', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  await host.startRsyslog();
  const id = await armRig(host, 'logs', '-m', 'boom', '--noop', '--delay', '1s');
  await host.must('logger', ['-t', 'app', 'before']);
  await host.must('logger', ['-t', 'app', 'boom now']);
  for (const name of ['journal.log', 'var-log-messages.log'])
    assert.match(
      await contextOf(host, id, name),
      /--- the next line triggered the rig ---\n\S+ (?:.* )?app(?:\[\d+\])?: boom now\n/,
      name,
    );
});

test('the context of --unit-event has what the unit said itself, and nothing of other units', async (t) => {
  const machine = await bootMachine(t);
  const selections = [['--journal', 'dying'], [], ['--journal', 'dying', '--priority', 'warning']];
  const ids: string[] = [];
  for (const selection of selections)
    ids.push(await armRig(machine, 'logs', '--unit-event', 'failed', ...selection, '--noop'));
  await machine.run('systemd-run', ['--unit=other', 'sh', '-c', 'echo unrelated']);
  await machine.run('systemd-run', [
    '--unit=dying',
    'sh',
    '-c',
    'echo first; echo last words >&2; journalctl --sync; exit 3',
  ]);
  for (const id of ids) {
    const context = await contextOf(machine, id, 'journal.log');
    assert.match(context, /sh\[\d+\]: first\n(?:.*\n)*.*sh\[\d+\]: last words\n/);
    assert.match(
      context,
      /--- the next line triggered the rig ---\n.* systemd\[1\]: dying\.service: Failed with result/,
    );
    assert.doesNotMatch(context, /unrelated/);
  }
});
