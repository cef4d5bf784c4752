/** What becomes of a rig when something is thrown that nobody catches: by a bug, or on a host that is sicker than anybody thought. */
import { sendSignal } from '../../host/processes/stat.ts';
import type { RigLog } from '../log/log.ts';

/** How many of these errors are logged: there may be one in each turn. */
const mostLogged = 20;

/** How long the end may take: the record, the programs, those who wait, and --notify. */
const lastMs = 180_000;

/**
 * From now on, whatever is thrown or rejected and not caught ends the rig: it lets go of what it holds, keeps what it has collected,
 * and the record says why. If that gets stuck, too, it kills itself, and its guardian does the rest.
 */
export function endWhenUnhandled(log: RigLog, fail: (error: unknown) => void): void {
  let count = 0;
  // Without a listener of its own, Node hands over a rejection to this one.
  process.on('uncaughtException', (error) => {
    // First: to log it may take time, or fail.
    fail(error);
    count++;
    if (count <= mostLogged) log.bug(error);
    if (count > 1) return;
    setTimeout(() => sendSignal(process.pid, 'SIGKILL'), lastMs).unref();
  });
}
