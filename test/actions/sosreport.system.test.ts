import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findArchive, findVersion, sosreport } from '../../src/actions/sosreport.ts';
import { findProgram } from '../../src/host/programs/find-program.ts';
import type { TriggerContext } from '../../src/plugin.ts';
import { asking, triggerContext } from '../support/contexts.ts';
import { newFolder } from '../support/folder.ts';
import { seen } from '../support/processes.ts';

import { waitFor } from '../support/wait.ts';

/** A stand-in for what the real sos cannot be made to do. Its `$DIR` is the folder that it is told to use. */
function fakeSos(folder: string, script: string): string {
  const path = join(folder, 'sos');
  writeFileSync(path, `#!/bin/sh\nDIR=$4\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const programs = { sos: (await findProgram('sos')) ?? assert.fail('there is no sos') };

/** Runs the sos of this host. */
const runReal = async (context: TriggerContext) =>
  sosreport.run?.(await sosreport.plan({ sosreport: true }, asking({ programs })), context);

/** Runs a stand-in. */
const runFake = async (program: string, context: TriggerContext) =>
  sosreport.run?.({ program, subcommand: ['report'] }, context);

test('sos makes an archive that tar lists, and nothing else remains but its checksum', async (t) => {
  const dir = newFolder(t);
  const details = await runReal(triggerContext(dir));
  const { archive, version } = details as { archive: string; version: string };
  assert.match(version, /^\d/);
  assert.match(archive, /\.tar/);
  assert.deepEqual(
    readdirSync(dir).filter((name) => !name.startsWith(archive)),
    [],
  );
  assert.match(execFileSync('tar', ['-tf', join(dir, archive)], { encoding: 'utf8' }), /sos_logs\/sos\.log/);
});

const failures: Array<[string, string, string]> = [
  [
    'is told that the disk is full',
    'echo " No space left on device while collecting plugin data"; mkdir $DIR/sos.x; exit 1',
    'No space left on device while collecting plugin data',
  ],
  ['exits 0 without an archive', 'mkdir $DIR/sos.x', 'sos ended without an archive'],
  [
    'names an archive that does not exist',
    'mkdir $DIR/sos.x; echo "  $DIR/sosreport-a.tar.xz"',
    'sos ended without an archive',
  ],
  [
    'makes an empty archive',
    'mkdir $DIR/sos.x; : > $DIR/sosreport-a.tar.xz; echo "  $DIR/sosreport-a.tar.xz"',
    'sos ended without an archive',
  ],
  ['makes its archive elsewhere', 'mkdir $DIR/sos.x; echo "  /etc/sosreport-a.tar.xz"', 'sos ended without an archive'],
  [
    'makes a link to an archive',
    'mkdir $DIR/sos.x; ln -s /etc/passwd $DIR/sosreport-a.tar.xz; echo "  $DIR/sosreport-a.tar.xz"',
    'sos ended without an archive',
  ],
  ['fails', 'mkdir $DIR/sos.x; exit 3', 'sos ended with exit code 3'],
];

for (const [name, script, message] of failures) {
  test(`a sos that ${name} fails the action, and what it had collected stays`, async (t) => {
    const dir = newFolder(t);
    const program = fakeSos(newFolder(t), script);
    await assert.rejects(runFake(program, triggerContext(dir)), {
      name: 'ActionError',
      message,
    });
    assert.ok(readdirSync(dir).includes('sos.x'));
  });
}

test('folders that sos left beside its archive are removed', async (t) => {
  const dir = newFolder(t);
  const program = fakeSos(
    newFolder(t),
    'mkdir $DIR/sos.x; for f in a.tar.xz a.tar.xz.md5; do echo x > $DIR/$f; done; echo "	$DIR/a.tar.xz"',
  );
  await runFake(program, triggerContext(dir));
  assert.deepEqual(readdirSync(dir).sort(), ['a.tar.xz', 'a.tar.xz.md5']);
});

test('what the real sos had collected stays when it is ended', async (t) => {
  const dir = newFolder(t);
  const ending = new AbortController();
  const running = runReal(triggerContext(dir, { signal: ending.signal }));
  const rejected = assert.rejects(running, {
    name: 'ActionError',
    message: 'sos ended by SIGKILL'.replace('sos', 'sos was'),
  });
  const hasCollected = () => globSync('**/etc', { cwd: dir }).length > 0;
  await waitFor('sos to collect', hasCollected, { withinMs: 60_000 });
  ending.abort();
  await rejected;
  assert.ok(hasCollected());
});

test('a sos that ignores SIGTERM is ended, with what it has started in a session of its own', async (t) => {
  const dir = newFolder(t);
  const program = fakeSos(
    newFolder(t),
    `trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ > $0/pid; while :; do sleep 1; done' $DIR & while :; do sleep 1; done`,
  );
  const ending = new AbortController();
  const rejected = assert.rejects(runFake(program, triggerContext(dir, { signal: ending.signal })) as Promise<unknown>);
  const started = () => existsSync(join(dir, 'pid')) && Number(readFileSync(join(dir, 'pid'), 'utf8'));
  const pid = await waitFor('it to have started another', started);
  ending.abort();
  await rejected;
  await waitFor('that to be gone', () => seen(pid) === undefined);
});

test('sos is run as `sos report`, and as `sosreport` where there is only that', async () => {
  const plan = (programs: Record<string, string>) => sosreport.plan({ sosreport: true }, asking({ programs }));
  assert.deepEqual(await plan({ sos: '/bin/sos' }), { program: '/bin/sos', subcommand: ['report'] });
  assert.deepEqual(await plan({ sosreport: '/bin/sosreport' }), { program: '/bin/sosreport', subcommand: [] });
});

test('the archive is found in words of any language, wrapped in any way', () => {
  assert.equal(
    findArchive('Ihr Bericht liegt in\n\t/var/tmp/x/sosreport-h.tar.xz\n\n Size\t1KiB\n'),
    '/var/tmp/x/sosreport-h.tar.xz',
  );
  assert.equal(
    findArchive('  /var/tmp/x/secured-sosreport-h.tar.xz.gpg\n'),
    '/var/tmp/x/secured-sosreport-h.tar.xz.gpg',
  );
});

test('the version of sos is found in its first lines', () => {
  assert.equal(findVersion('\nsosreport (version 4.0)\n\nThis command'), '4.0');
  assert.equal(findVersion('\nsos report (version 4.8.2)\n'), '4.8.2');
  assert.equal(findVersion('something else'), null);
});
