import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveClock, yearSeconds } from '../../support/clock.ts';
import { startHost } from '../../support/host.ts';
import { armRig, assertNothingLeft, finished, MESSAGE, theRig, theSources } from '../../support/rigs.ts';
import { waitFor } from '../../support/wait.ts';

const LOG = '/var/log/messages';

for (const [what, ahead] of [
  ['forward', yearSeconds],
  ['back', -yearSeconds],
] as const)
  test(`a rig whose clock is set ${what} a year neither expires nor forgets its cooldown, misses nothing, and says what it cannot know`, async (t) => {
    const host = await startHost(t);
    const setClock = await giveClock(host);
    await host.startJournald();
    host.write(LOG, '');
    const more = ['--noop', '--restart'];
    await armRig(host, 'logs', '-E', '-m', `${MESSAGE} [23]`, ...more, 1, '--name', 'waits', '--expires', '1h');
    await armRig(host, 'logs', '-m', MESSAGE, ...more, 2, '--name', 'rests', '--cooldown', '1h');
    const triggersOf = async (id: string) => (await theRig(host, id)).triggers;
    const passedOver = async () => {
      const condition = (await theSources(host, 'rests')).find(({ source }) => source === 'condition');
      return (condition?.passedOver as Record<string, number> | undefined)?.cooldown ?? 0;
    };
    host.append(LOG, `${MESSAGE} 1\n`);
    await waitFor('the cooldown to begin', () => host.archives().length === 1);

    await setClock(ahead);
    host.append(LOG, `${MESSAGE} 2\n`);
    await waitFor('the one that waited to trigger', async () => (await triggersOf('waits')) === 1);
    await waitFor('the cooldown to be kept', async () => (await passedOver()) === 1);
    await host.journal(`${MESSAGE} 3`);
    assert.equal((await finished(host, 'waits')).status, 'finished');
    await waitFor('the cooldown to be kept', async () => (await passedOver()) === 2);
    assert.equal(await triggersOf('rests'), 1);
    const coverageOf = async () => (await theSources(host, 'rests')).find(({ source }) => source === LOG)?.coverage;
    const told = ahead < 0 ? /^no gap known: .*clock.* was set back/ : /^no gap$/;
    await waitFor('the certificate to say so', async () => told.test(String(await coverageOf())));
    assert.equal(host.archives().length, 3);
    assert.match((await host.rig('list')).stdout, /^rests .* watching +\S+$/m);
    assert.equal((await host.rig('destroy', '--all')).code, 0);
    await assertNothingLeft(host);
  });
