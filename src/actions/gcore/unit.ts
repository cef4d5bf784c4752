/** Units of systemd, whose main process is dumped. */
import { foundIn } from '../../host/processes/read-at-once.ts';
import { lookAt, type ProcessStat } from '../../host/processes/stat.ts';
import { showUnits } from '../../host/systemd.ts';

export interface Unit {
  /** Its full name. */
  unit: string;
  main: ProcessStat | undefined;
}

/**
 * The service of a name, `nginx` or `nginx.service`; undefined when systemd does not know one, or does not answer. A unit that
 * is not running, or that has forked without a PIDFile=, has no main process.
 */
export async function findUnit(name: string): Promise<Unit | undefined> {
  // What else systemctl would take for a pattern, or for a path: systemd.unit(5).
  if (!/^[A-Za-z0-9:_.\\@-]+$/.test(name)) return undefined;
  const [shown] = (await showUnits(name.replace(/(\.service)?$/, '.service'), ['Id', 'LoadState', 'MainPID'])) ?? [];
  if (shown?.Id === undefined || shown.LoadState === 'not-found') return undefined;
  const main = foundIn(lookAt(Number(shown.MainPID)));
  return { unit: shown.Id, main };
}
