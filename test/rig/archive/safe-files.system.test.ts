/** What is in an archive can be shown on a terminal, whatever a log has in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { armRig, finished, LOG, type Manifest } from '../../support/rigs.ts';

const hostile = 'boom \u009b2J \u007f \u202eabc\u2066 \u200f \u061c \x1b]0;x\x07 end';
const acts = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test('no file of rig in an archive, no record and no log has a character on which a terminal acts', async (t) => {
  const host = await startHost(t);
  await host.startJournald();
  host.write(LOG, '');
  const action = `sh -c 'printf "%s" "$RIG_LINE" >&2; exit 1'`;
  const id = await armRig(host, 'logs', '-m', 'boom', '--exec', action, '--delay', '1s', '--debug', '--logfile', LOG);
  await host.journal(`a ${hostile}`);
  host.append(LOG, `b ${hostile}\n`);
  const { archive } = await finished(host, id);
  const folder = (await host.tarExtract(archive ?? '')) + (archive ?? '').replace(/.*(\/.*)\.tar\.gz$/, '$1');
  const files = (await host.must('find', [folder, '-type', 'f', '-not', '-path', '*/exec/*'])).trim().split('\n');
  assert.ok(
    files.some((path) => path.endsWith('/context/journal.log')),
    files.join(),
  );
  for (const path of [...files, `/var/lib/rig/finished/${id}.json`, '/var/log/rig/rig.log'])
    assert.doesNotMatch(host.read(path), acts, path);
  const manifest = await host.manifest<Manifest>(archive ?? '');
  assert.equal(manifest.trigger.text.slice(2), hostile);
  assert.match(host.read(`${folder}/context/var-log-messages.log`), /^b boom \\x9b2J .*\\u202eabc/m);
});
