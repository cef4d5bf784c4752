import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { Enclosure } from './enclosure.ts';
import { builtRig, type Init, startInit } from './init.ts';
import type { Running } from './running.ts';
import { waitFor } from './wait.ts';

const JOURNALD = '/lib/systemd/systemd-journald';

/** A folder made private: a tmpfs of a size (`16M`), for a full disk, or an empty folder on the real disk. */
export type Place = { size: string } | 'disk';

export interface HostOptions {
  /** The file that is `rig` on this host; by default dist/rig. */
  binary?: string;
  /** /run, /tmp, /var/log and /var/tmp are an unlimited tmpfs each unless they, or others, are named here. */
  places?: Record<string, Place>;
}

const PRIVATE_PLACES: Record<string, Place> = {
  '/run': { size: '50%' },
  '/tmp': { size: '50%' },
  '/var/log': { size: '50%' },
  '/var/tmp': { size: '50%' },
};
const PLACE_MODES: Record<string, string> = { '/tmp': '1777', '/var/tmp': '1777' };

/** The classic files: /var/log/messages of Red Hat and SUSE, /var/log/auth.log of Debian. */
const CLASSIC_RULES = `
auth,authpriv.* /var/log/auth.log
*.*;auth,authpriv.none /var/log/messages
`;

/**
 * Starts a test host: this machine with processes, network and everything a test writes to of its own. rig is on its
 * PATH. When the test ends it goes with every process in it, whatever the test has left running.
 */
export async function startHost(t: TestContext, options: HostOptions = {}): Promise<TestHost> {
  const places = { ...PRIVATE_PLACES, ...options.places };
  const folders: string[] = [];
  const mounts = Object.entries(places).map(([dir, place]) => {
    if (place !== 'disk') return `${dir}=mode=${PLACE_MODES[dir] ?? '755'},size=${place.size}`;
    const folder = mkdtempSync('/var/tmp/rig-test-');
    chmodSync(folder, PLACE_MODES[dir] ?? '755');
    folders.push(folder);
    return `${dir}=disk:${folder}`;
  });
  let host: TestHost | undefined;
  t.after(async () => {
    await host?.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  host = new TestHost(await startInit('host', [builtRig(options.binary), ...mounts]));
  return host;
}

export class TestHost extends Enclosure {
  #journald: Running | undefined;

  constructor(init: Init) {
    super({ init, rigPath: '/usr/local/bin/rig' });
  }

  /**
   * Starts the real journald and waits until it takes entries from the native socket and from streams. Messages go to
   * memory, or under /var/log/journal with `persistent`. Entries also go to rsyslog, as they do on Debian.
   */
  async startJournald({ persistent = false, env = {}, config = '' } = {}): Promise<Running> {
    this.write('/etc/systemd/journald.conf.d/test.conf', `[Journal]\nForwardToSyslog=yes\n${config}\n`);
    if (persistent) {
      await this.must('mkdir', ['-p', '/var/log/journal']);
      this.write('/run/systemd/journal/flushed', ''); // else it waits in memory for systemd's word that the disk is there
    }
    const journald = await this.spawn(JOURNALD, [], { env });
    this.#journald = journald;
    await waitFor('journald to take entries', async () => {
      if (journald.hasEnded()) throw new Error(`journald ended\n${journald.stderr}`);
      return (await this.run('journalctl', ['--sync'])).code === 0;
    });
    return journald;
  }

  /**
   * Writes one entry through the journal's native socket, and waits until it is stored. With `sync: false` it does not wait:
   * a sync also wakes up whoever follows the journal, which would spoil a measurement of latency.
   */
  async journal(
    message: string,
    options: { identifier?: string; fields?: Record<string, string>; sync?: boolean } = {},
  ) {
    const { identifier = 'test', fields = {}, sync = true } = options;
    const entry = { MESSAGE: message, SYSLOG_IDENTIFIER: identifier, PRIORITY: '6', ...fields };
    const lines = Object.entries(entry).map(([name, value]) => `${name}=${value}\n`);
    await this.must('logger', ['--journald'], { input: lines.join('') });
    if (sync) await this.must('journalctl', ['--sync']);
  }

  /**
   * Starts the real rsyslogd. It gets what journald forwards, or serves /dev/log itself where no journald was started,
   * and writes /var/log/messages and /var/log/auth.log unless other rules are given. Of a process that logs more than `burst`
   * messages a second it drops the rest, and says so in its files; 0: no limit.
   */
  async startRsyslog({ rules = CLASSIC_RULES, burst = 0 } = {}): Promise<Running> {
    const isFed = this.#journald !== undefined && !this.#journald.hasEnded();
    const socket = isFed ? '/run/systemd/journal/syslog' : '/dev/log';
    if (!isFed) await this.must('rm', ['-f', '/dev/log']); // the link to a journald that is not there
    const limit = `SysSock.RateLimit.Interval="${burst > 0 ? 1 : 0}" SysSock.RateLimit.Burst="${burst}"`;
    const input = `module(load="imuxsock" SysSock.Name="${socket}" ${limit})`;
    const own = burst > 0 ? 'global(processInternalMessages="on")\n' : '';
    this.write('/etc/rsyslog-test.conf', `${own}${input}\n${rules}\n`);
    const rsyslog = await this.spawn('rsyslogd', ['-n', '-f', '/etc/rsyslog-test.conf', '-i', '/run/rsyslogd.pid']);
    await waitFor('rsyslogd to listen', () => {
      if (rsyslog.hasEnded()) throw new Error(`rsyslogd ended\n${rsyslog.stderr}`);
      return this.exists(socket) && this.exists('/run/rsyslogd.pid');
    });
    return rsyslog;
  }
}
