/**
 * The processes that a program has started, by session and parents: what reads them cannot hang, as it can when it reads
 * environments. A process that has left its session when its parent had ended is not found so.
 */
import { lookAtAll, type ProcessStat } from './stat.ts';

/** A program that was started in a session of its own. */
export interface SessionLeader {
  pid: number;
  startTime: number;
}

/** All processes that these programs have started, themselves included, as far as they have not ended. */
export function findKin(leaders: readonly SessionLeader[]): ProcessStat[] {
  const processes = lookAtAll();
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const sessions = new Map(
    // The number of a session is not given to another process while the session has any: setsid(2).
    leaders
      .filter(({ pid, startTime }) => (byPid.get(pid)?.startTime ?? startTime) === startTime)
      .map((leader) => [leader.pid, leader]),
  );
  const kin = new Map<number, ProcessStat>();
  for (const process of processes) {
    const leader = sessions.get(process.session);
    if (leader !== undefined && process.startTime >= leader.startTime) kin.set(process.pid, process);
  }
  // Each generation may have begun sessions of its own.
  for (let before = -1; before < kin.size; ) {
    before = kin.size;
    for (const process of processes) if (kin.has(process.parentPid)) kin.set(process.pid, process);
  }
  return [...kin.values()];
}
