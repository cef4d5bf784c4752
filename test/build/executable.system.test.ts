import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../support/host.ts';
import { finished, MESSAGE, startService, theRig } from '../support/rigs.ts';

/** What would make Node load foreign code, or write somewhere, if rig let it. `EVIL` is a script that leaves a mark. */
const hostile: Record<string, string> = {
  NODE_OPTIONS: '--require /run/evil.js --inspect=127.0.0.1:9229',
  NODE_PATH: '/run',
  NODE_V8_COVERAGE: '/run/mark',
  NODE_REPL_EXTERNAL_MODULE: '/run/evil.js',
  NODE_REDIRECT_WARNINGS: '/run/mark',
  NODE_COMPILE_CACHE: '/run/mark',
  NODE_DEBUG: 'net,fs',
  NODE_CHANNEL_FD: '2',
  NODE_EXTRA_CA_CERTS: '/run/evil.js',
  OPENSSL_CONF: '/run/openssl.cnf',
  PKG_EXECPATH: '/run/evil.js',
  UV_USE_IO_URING: '1',
};

test('variables that would load foreign code or change what rig does have no effect', async (t) => {
  const host = await startHost(t);
  host.write('/var/log/messages', '');
  host.write('/run/evil.js', "require('fs').writeFileSync('/run/mark', 'evil')");
  const engine = '[evil]\nengine_id = evil\ndynamic_path = /run/evil.so\ninit = 1\n';
  const sections =
    'nodejs_conf = main\nopenssl_conf = main\n[main]\nengines = all\nproviders = all\n[all]\nevil = evil\n';
  host.write('/run/openssl.cnf', `${sections}${engine}module = /run/evil.so\nactivate = 1\n`);
  const service = await startService(host);
  const plain = await host.run('rig', ['--version']);
  const version = await host.run('rig', ['--version'], { env: hostile });
  assert.deepEqual(version, plain);
  const args = ['logs', '-m', MESSAGE, '--gcore', String(service.pid), '--name', 'web', '--no-journal'];
  const created = await host.run('rig', args, { env: hostile });
  assert.deepEqual([created.code, created.stdout, created.stderr], [0, 'web\n', '']);
  const { pid } = await theRig(host, 'web');
  const kept = Object.keys(host.environ(pid)).filter((name) => name in hostile);
  assert.deepEqual(kept, [], 'the daemon does not inherit them');
  host.append('/var/log/messages', `${MESSAGE}\n`);
  assert.equal((await finished(host, 'web')).status, 'finished');
  assert.ok(!host.exists('/run/mark'), 'no foreign code has run and nothing was written');
});

test('no argument reaches Node: no debugger, no script, no prompt', async (t) => {
  const host = await startHost(t);
  for (const argument of [
    '--inspect',
    '--inspect-brk',
    '-e',
    '-p',
    '-i',
    '--require=/run/x',
    '--experimental-repl-await',
    '-',
  ]) {
    const { code, stdout, stderr } = await host.run('rig', [argument, 'console.log(1)'], { input: 'console.log(1)\n' });
    assert.equal(code, 2, argument);
    assert.equal(stdout, '', argument);
    assert.match(stderr, /^rig: unknown [^\n]+\n$/);
  }
});

test('--version prints the version, the commit and the Node inside', async (t) => {
  const host = await startHost(t);
  const { stdout, code } = await host.rig('--version');
  assert.equal(code, 0);
  assert.match(stdout, /^rig \d+\.\d+\.\d+ \((?:[0-9a-f]{7,40}(?:-dirty)?|unknown)\), Node v24\.\d+\.\d+\n$/);
});

test('a reader that goes away early is no failure', async (t) => {
  const host = await startHost(t);
  const { stderr } = await host.sh('for n in 1 2 3 4 5; do rig --help | head -1 >/dev/null; done');
  assert.equal(stderr, '');
});
