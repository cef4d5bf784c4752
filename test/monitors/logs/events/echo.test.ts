import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EchoRule, isOfRig } from '../../../../src/monitors/logs/events/echo.ts';

const rule = new EchoRule(['waiter-1.0']);
const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();

const echoes = [
  'sudo[12]:    ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/tmp/rig logs --message boom --sosreport',
  '   ann : PWD=/ ; USER=root ; COMMAND=/usr/bin/env A=1 rig logs --sosreport -m boom',
  'COMMAND=/bin/sh -c rig logs --message=boom --gcore 1',
  "bash[3]: HISTORY: sudo 'rig logs -im boom'",
  "ansible-command: Invoked with argv=['/tmp/rig', 'logs', '-m', 'boom'] _uses_shell=False",
  'runner: {"cmd":["rig","logs","--message","boom"]}',
  "app: 'rig' 'logs' '-m' 'boom'",
  'CRON[99]: (root) CMD (rig logs -m boom --sosreport)',
  'ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/tmp/waiter-1.0 logs --message boom',
  'Nov 22 15:26:46 host sudo:      ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/tmp/other logs --gcore 1 -m boom',
  'Nov 22 15:26:46 host sudo:      ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/tmp/rig logs --exclude boom and more',
  'Nov 22 15:26:46 host sudo[9]:      ann : (command continued) boom --sosreport',
  'type=EXECVE msg=audit(1:2): argc=4 a0="/tmp/rig" a1="logs" a2="--message" a3="boom"',
  'type=EXECVE msg=audit(1:2): argc=5 a0="sudo" a1="rig" a2="logs" a3="-m" a4="boom"',
  `type=EXECVE msg=audit(1:2): argc=4 a0=${hex('/opt/my tools/rig')} a1="logs" a2="--message" a3="boom"`,
  `type=EXECVE msg=audit(1:2): argc=5 a0="rig" a1="logs" a2="-m" a3=${hex('big boom')} a4="boom"`,
  `type=PROCTITLE msg=audit(1:2): proctitle=${hex('rig\0logs\0--message\0boom')} boom`,
  `type=USER_CMD msg=audit(1:2): pid=1 uid=0 msg='cwd="/" cmd=${hex('/tmp/rig logs -m boom')} terminal=boom res=success'`,
];
const ofRig = [
  'Nov 22 15:26:46 host rig[123]: abcde: armed, waiting for "boom"',
  '2026-11-22T15:26:46.123456+00:00 host rig: boom',
  '<29>1 2026-11-22T15:26:46.123456+00:00 host rig 123 - - web has triggered: logs, /var/log/boom',
  '{"host":"a","program":"rig","message":"web-1 has ended: finished, /var/tmp/rig-boom-2026-11-22-152646.tar.gz"}',
  'boom 15:26 rig[123] web has ended: destroyed',
];
const others = [
  'boom',
  'the rig logs a boom',
  '{"name":"rig","logs":"boom"}',
  'COMMAND=/usr/bin/drill rig boom',
  'COMMAND=/opt/oilrig logs --message boom',
  'COMMAND=/usr/bin/rig list boom',
  'COMMAND=/tmp/waiter-1x0 logs --message boom',
  'Nov 22 15:26:46 host sudo:      ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/kubectl logs boom',
  'Nov 22 15:26:46 host app: ann : (command continued) boom',
  'Nov 22 15:26:46 host oilrig[123]: boom',
  'Nov 22 15:26:46 rig app[123]: boom',
  'Nov 22 15:26:46 oil-rig app[123]: pump has triggered: boom, 3 bar',
  'Nov 22 15:26:46 oil-rig app[123]: job has ended: failed, boom',
  'Nov 22 15:26:46 host app[123]: the rig has ended: badly, boom',
  'type=EXECVE msg=audit(1:2): argc=3 a0="/usr/bin/rig" a1="list" a2="boom"',
];

for (const line of echoes) test(`passed over: ${line}`, () => assert.ok(rule.isEcho(Buffer.from(line))));
for (const line of ofRig) test(`passed over, with --echo too: ${line}`, () => assert.ok(isOfRig(Buffer.from(line))));
for (const line of others)
  test(`not passed over: ${line}`, () => assert.ok(!isOfRig(Buffer.from(line)) && !rule.isEcho(Buffer.from(line))));

test('an empty name of the own file stands for no other program', () => {
  assert.ok(!new EchoRule(['']).isEcho(Buffer.from('kubectl x logs -m boom')));
});

test("rig's own journal entries are passed over by their identifier", () => {
  assert.ok(isOfRig(Buffer.from('boom'), 'rig'));
  assert.ok(!isOfRig(Buffer.from('boom'), 'app'));
});

test("sudo's entries in the journal, which have no tag before them, are told by their identifier", () => {
  const continued = Buffer.from('     ann : (command continued) boom');
  assert.ok(rule.isEcho(continued, 'sudo'));
  assert.ok(!rule.isEcho(continued, 'app'));
});

for (const part of ['COMMAND=', 'rig logs ', 'a0="', 'sudo: ', 'proctitle=AA', ' -', ' rig has ended: '])
  test(`a hostile line of ${JSON.stringify(part)} is looked at in linear time`, { timeout: 20_000 }, () => {
    const line = Buffer.from(`EXECVE sudo: rig continued ${part.repeat(262_144 / part.length)}`);
    for (let round = 0; round < 10; round++) rule.isEcho(line);
    for (let round = 0; round < 10; round++) isOfRig(line);
  });
