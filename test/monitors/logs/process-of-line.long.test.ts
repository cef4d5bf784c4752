/** `--gcore @match` on a booted host, as Debian is: rsyslog beside journald. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootMachine } from '../../support/machine.ts';
import { armRig, finished } from '../../support/rigs.ts';

test('--gcore @match dumps ten of ten services by a line of theirs, wherever it was seen first', async (t) => {
  const machine = await bootMachine(t);
  for (let number = 1; number <= 10; number++) {
    const unit = `app${number}`;
    const [message, script] = [`${unit} hangs`, `echo "$APP hangs"; exec sleep 1000`];
    const id = await armRig(machine, 'logs', '-m', message, '--gcore', '@match');
    await machine.must('systemd-run', [`--unit=${unit}`, `--setenv=APP=${unit}`, '/bin/sh', '-c', script]);
    const { archive, reasons } = await finished(machine, id);
    const pid = (await machine.must('systemctl', ['show', '--value', '--property=MainPID', unit])).trim();
    const files = await machine.tarList(archive ?? '');
    assert.ok(
      files.some((file) => /\/core\.\w+\.\d+$/.test(file) && file.endsWith(`.${pid}`)),
      `${number}: ${reasons.join()} ${files.join()}`,
    );
  }
});
