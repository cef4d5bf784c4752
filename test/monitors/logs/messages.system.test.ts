import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, finished, LOG, listRigs, type Manifest } from '../../support/rigs.ts';

test('any of several messages triggers; the manifest and the programs of --exec are told which', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '[ERROR] old\n');
  const messages = ['-m', '[ERROR]', '-m', 'disk (sd[a-z]) full', '-m', 'panic'];
  const id = await armRig(host, 'logs', ...messages, '--no-journal', '--exec', 'env', '--exclude', 'test');
  const [row] = await listRigs(host);
  assert.equal(
    row?.monitors[0]?.condition,
    'plain text "[ERROR]" or "disk (sd[a-z]) full" or "panic", passing over "test"',
  );
  host.append(LOG, '[INFO] Ready\npanic test\ndisk sdb full\n');
  const { archive } = await finished(host, id);
  const { trigger } = await host.manifest<Manifest>(archive ?? '');
  assert.equal(trigger.text, 'disk sdb full');
  assert.equal(trigger.facts.message, 'disk (sd[a-z]) full');
  assert.deepEqual(trigger.facts.groups, { 1: 'sdb' });
  const environment = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/1-env.stdout']);
  assert.match(environment, /^RIG_MESSAGE=disk \(sd\[a-z\]\) full$/m);
});

test('creation says how each text with special characters is read, also those of --exclude and --unless', async (t) => {
  const host = await startHost(t);
  host.write(LOG, '');
  const texts = ['-m', '[ERROR]', '--exclude', 'x\\|y', '--unless', '[Ww]ell', '--within', '1h'];
  const { code, stderr } = await host.rig('logs', ...texts, '--no-journal', '--noop');
  assert.equal(code, 0, stderr);
  for (const said of [
    /^rig: --message is read as plain text; -E takes it as a regular expression$/m,
    /^rig: --exclude is read as plain text and as a regular expression/m,
    /^rig: --exclude: as an expression \\\| means \|: alternatives are written a\|b$/m,
    /^rig: --unless is read as plain text and as a regular expression/m,
  ])
    assert.match(stderr, said);
});

test('a unit may be named as for journalctl, with -u or --unit', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  for (const unit of [['-u', 'web.service'], ['--unit', 'web.service'], ['--unit=web.service']]) {
    const id = await armRig(host, 'logs', '-m', 'boom', ...unit, '--no-files', '--noop');
    const watch = (await listRigs(host)).find((row) => row.id === id)?.monitors[0]?.watch;
    assert.match(String(watch), /^journal of web\.service/);
  }
});
