import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEcho } from '../../../src/monitors/logs/echo.ts';

const echoes = [
  'sudo[12]:    ann : TTY=pts/0 ; PWD=/home/ann ; USER=root ; COMMAND=/tmp/rig logs --message boom --sosreport',
  '   ann : PWD=/ ; USER=root ; COMMAND=/usr/bin/env A=1 rig logs --sosreport -m boom',
  'COMMAND=/bin/sh -c rig logs --message=boom --gcore 1',
  "bash[3]: HISTORY: sudo 'rig logs -im boom'",
  'CRON[99]: (root) CMD (rig logs -m boom --sosreport)',
  'type=EXECVE msg=audit(1:2): argc=4 a0="/tmp/rig" a1="logs" a2="--message" a3="boom"',
  'type=EXECVE msg=audit(1:2): argc=5 a0="sudo" a1="rig" a2="logs" a3="-m" a4="boom"',
  'Nov 22 15:26:46 host rig[123]: abcde: armed, waiting for "boom"',
  '2026-11-22T15:26:46.123456+00:00 host rig: boom',
];
const others = [
  'boom',
  'the rig logs a boom',
  'COMMAND=/usr/bin/drill rig boom',
  'COMMAND=/opt/oilrig logs --message boom',
  'COMMAND=/usr/bin/rig list boom',
  'Nov 22 15:26:46 host oilrig[123]: boom',
  'Nov 22 15:26:46 rig app[123]: boom',
];

for (const line of echoes) test(`passed over: ${line}`, () => assert.ok(isEcho(Buffer.from(line))));
for (const line of others) test(`not passed over: ${line}`, () => assert.ok(!isEcho(Buffer.from(line))));

test("rig's own journal entries are passed over by their identifier", () => {
  assert.ok(isEcho(Buffer.from('boom'), 'rig'));
  assert.ok(!isEcho(Buffer.from('boom'), 'app'));
});
