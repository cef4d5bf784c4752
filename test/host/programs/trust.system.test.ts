/** A user who can write to a folder of root's PATH does not thereby run programs as root. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startHost } from '../../support/host.ts';
import { assertNothingLeft, finished, LOG, MESSAGE } from '../../support/rigs.ts';

const folder = '/home/user/bin';
const all = [
  'gcore',
  'gdb',
  'sh',
  'nice',
  'ionice',
  'prlimit',
  'stat',
  'cat',
  'true',
  'logger',
  'systemctl',
  'collect',
];

/** A host whose PATH begins with a folder of a user, where each program notes that it ran. */
async function hostWithUser(t: TestContext) {
  const host = await startHost(t);
  host.write(LOG, '');
  await host.must('mkdir', ['-p', folder]);
  for (const name of all) {
    host.write(`${folder}/${name}`, `#!/bin/bash\necho ${name} >> /tmp/ran\nexec /usr/bin/${name} "$@"\n`);
    await host.must('chmod', ['755', `${folder}/${name}`]);
  }
  await host.must('chown', ['-R', '1000:1000', '/home/user']);
  const path = `PATH=${folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const rig = (...args: string[]) =>
    host.run('/usr/bin/env', [path, host.rigPath, 'logs', '-m', MESSAGE, '--no-journal', ...args]);
  return { host, rig };
}

for (const [option, program] of [
  ['--exec', 'collect'],
  ['--gcore', 'gcore'],
] as const)
  test(`${option} refuses a program of PATH that others than root can change, and says which`, async (t) => {
    const { host, rig } = await hostWithUser(t);
    const { code, stderr } = await rig(option, option === '--gcore' ? '1' : program);
    const says = `rig: ${option}: ${folder}/${program} is not run, because others than root can change ${folder} (--trust-path)\n`;
    assert.deepEqual([code, stderr], [1, says]);
    assert.ok(!host.exists('/tmp/ran'), 'none of them ran');
    await assertNothingLeft(host);
  });

test("none of a user's programs runs for rig itself, nor for what it starts; with --trust-path they do", async (t) => {
  const { host, rig } = await hostWithUser(t);
  for (const trust of [[], ['--trust-path']]) {
    const id = (await rig('--exec', '/usr/bin/env', ...trust)).stdout.trim();
    host.append(LOG, `${MESSAGE}\n`);
    const { archive } = await finished(host, id);
    const output = await host.must('tar', ['-xOf', archive ?? '', '--wildcards', '*/exec/1-env.stdout']);
    const isTrusted = trust.length > 0;
    assert.equal(new RegExp(`^PATH=.*${folder}`, 'm').test(output), isTrusted);
    assert.equal(host.exists('/tmp/ran'), isTrusted);
  }
  await assertNothingLeft(host);
});

test('a folder that is named like a program is passed over', async (t) => {
  const { host, rig } = await hostWithUser(t);
  await host.must('chown', ['-R', '0:0', '/home/user']);
  await host.must('rm', [`${folder}/collect`]);
  await host.must('mkdir', [`${folder}/collect`]);
  host.standIn('collect', 'echo collected');
  const id = (await rig('--exec', 'collect')).stdout.trim();
  host.append(LOG, `${MESSAGE}\n`);
  assert.equal((await finished(host, id)).status, 'finished');
  await assertNothingLeft(host);
});
