/** Whoever may write to the folder of one log does no harm to the rig, nor to what it sees of other logs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceStatus } from '../../../../src/plugin.ts';
import type { Gap } from '../../../../src/rig/records/gaps.ts';
import { startHost } from '../../../support/host.ts';
import { assertNothingLeft, finished, LOG, MESSAGE, theRig, theSources } from '../../../support/rigs.ts';
import { waitFor } from '../../../support/wait.ts';

/** How many the rig may have. */
const descriptors = 256;
const userLog = '/tmp/user/app.log';

/** What is done again and again, until the file `stop` is there. */
const ways = {
  replaced: `
with open("/tmp/user/new", "w") as file:
    file.write("line %d\\n" % number)
os.rename("/tmp/user/new", "/tmp/user/app.log")
`,
  'copied and truncated': `
with open("/tmp/user/app.log", "w") as file:
    file.write("line %d\\n" % number)
    file.flush()
    time.sleep(0.001)
    copy = "/tmp/user/app.log.%d" % number
    shutil.copy("/tmp/user/app.log", copy)
`,
};

const forEver = (way: string): string => `
import os, shutil, time
number = 0
while not os.path.exists("/tmp/stop"):
    number += 1
${way.replaceAll(/^/gm, '    ')}
`;

/** How often something of a log was not seen. */
const timesMissed = (source: SourceStatus | undefined): number =>
  ((source?.gaps ?? []) as Gap[]).reduce((sum, { times }) => sum + times, 0);

for (const [way, program] of Object.entries(ways))
  test(`a log that is ${way} without end costs a gap there, and no line of another log`, async (t) => {
    const host = await startHost(t);
    host.write(LOG, '');
    host.write(userLog, '');
    const lines = 300;
    const watched = `--no-journal --logfile ${userLog},${LOG} -m '${MESSAGE}' --count ${lines} --noop`;
    // With few descriptors the limits are reached on a slow machine, too.
    const arm = `ulimit -n ${descriptors}; exec ${host.rigPath} logs ${watched}`;
    const id = (await host.must('/bin/sh', ['-c', arm])).trim();
    const { pid } = await theRig(host, id);
    const sources = () => theSources(host, id);
    const source = async (path: string) => (await sources()).find((each) => each.source === path);
    const readLines = async (): Promise<number> => {
      const all = (await sources()).filter((each) => each.source.startsWith(LOG));
      return all.reduce((sum, { matches }) => sum + Number(matches), 0);
    };
    await host.spawn('/usr/bin/python3', ['-c', forEver(program)]);
    let most = 0;
    for (let line = 1; line < lines; line++) {
      // Its writer does not know yet that the log was rotated.
      if (line === 100) {
        await host.must('mv', [LOG, `${LOG}.1`]);
        host.write(LOG, '');
      }
      if (line === 200)
        await waitFor('gaps', async () => timesMissed(await source(userLog)) > (way === 'replaced' ? 100 : 0));
      host.append(line < 100 || line % 2 === 0 ? LOG : `${LOG}.1`, `${MESSAGE} ${line}\n`);
      if (line % 10 === 0) await waitFor('it to be read', async () => (await readLines()) >= line);
      most = Math.max(most, host.list(`/proc/${pid}/fd`).length);
    }
    assert.equal(timesMissed(await source(LOG)), 0);
    host.write('/tmp/stop', '');
    host.append(LOG, `${MESSAGE} last\n`);
    const { status, triggers } = await finished(host, id);
    assert.deepEqual([status, triggers], ['finished', 1]);
    assert.ok(most < descriptors / 2, `${most} descriptors`);
    await assertNothingLeft(host);
  });
