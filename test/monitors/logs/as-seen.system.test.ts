import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, finished, type Manifest } from '../../support/rigs.ts';

test('a text copied from a terminal fires the rig, whatever its line is stored as, and the line is kept as it is', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  const files: Array<[file: string, message: string, line: string | Buffer, more?: string[]]> = [
    ['docker.log', 'ERROR user "bob" <1>', String.raw`{"log":"\u001b[31mERROR\u001b[0m user \"bob\" \u003c1\u003e\n"}`],
    ['colour.log', 'ERROR disk full', '\x1b[31mERROR\x1b[0m disk full'],
    ['java.log', '        at com.example.Main', '\tat com.example.Main.main(Main.java:5)'],
    ['latin1.log', 'Müller gesperrt', Buffer.from('Müller gesperrt', 'latin1'), ['--encoding', 'latin1']],
  ];
  const rigs: string[] = [];
  for (const [file, message, , more = []] of files) {
    host.write(`/var/log/${file}`, 'old\n');
    const id = await armRig(
      host,
      'logs',
      '-m',
      message,
      '--logfile',
      `/var/log/${file}`,
      '--no-journal',
      ...more,
      '--noop',
    );
    rigs.push(id);
  }
  const inJournal = await armRig(host, 'logs', '-m', 'ERROR in the     journal', '--no-files', '--noop');
  // One has no line end: these are the last words of its program.
  for (const [file, , line] of files) {
    host.append(`/var/log/${file}`, line);
    if (file !== 'java.log') host.append(`/var/log/${file}`, '\n');
  }
  await host.journal('\x1b[31mERROR\x1b[0m in the\tjournal');
  for (const [index, [file, message, line]] of files.entries()) {
    const { status, archive, reasons } = await finished(host, rigs[index] as string);
    assert.equal(status, 'finished', reasons.join());
    const { trigger } = await host.manifest<Manifest>(archive ?? '');
    assert.equal(trigger.text, file === 'latin1.log' ? message : line);
  }
  const { archive } = await finished(host, inJournal);
  assert.equal((await host.manifest<Manifest>(archive ?? '')).trigger.text, '\x1b[31mERROR\x1b[0m in the\tjournal');
});
