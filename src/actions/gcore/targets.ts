/** Which processes `--gcore PID|NAME|UNIT|@match|@monitor` means: checked at creation, looked up at the trigger. */
import { RigError, UsageError } from '../../errors.ts';
import { checkAccess, explainDenial, readAttachFacts } from '../../host/processes/attaching.ts';
import { findByName, lookedAt } from '../../host/processes/names.ts';
import { foundIn } from '../../host/processes/read-at-once.ts';
import { startedAtMs, startToleranceMs } from '../../host/processes/start-time.ts';
import { hasEnded, lifeOf, lookAt, type ProcessIdentity, type ProcessStat } from '../../host/processes/stat.ts';
import { lookAtStatus, tracerOf } from '../../host/processes/status.ts';
import type { Asking, TriggerContext } from '../../plugin.ts';
import { processLabel, visible } from '../../terminal/text.ts';
import type { Wanted } from './dump.ts';
import { type Outcome, withoutCore } from './outcome.ts';
import { findUnit } from './unit.ts';

/** A type and not an interface, so that it is JSON for the spec. */
export type Target =
  | { kind: 'pid'; pid: number; startTime: number; comm: string }
  | { kind: 'name'; name: string }
  | { kind: 'match' }
  | { kind: 'monitor' };

/** A process to dump now, or the outcome of one that cannot be dumped. */
export type Found = Wanted | Outcome;

/** The largest value of kernel.pid_max, see proc_sys_kernel(5). */
const pidLimit = 4_194_304;

/** Whether it is rig or a program that rig runs: dumping itself would stop the rig while it dumps. */
const isOwn = ({ pid, parentPid }: ProcessStat) => pid === process.pid || parentPid === process.pid;

const others = async (name: string) => (await findByName(name)).filter((candidate) => !isOwn(candidate));

/** The processes of a name, or else the main process of the unit that has it. */
async function findNow(name: string): Promise<ProcessStat[]> {
  const found = await others(name);
  const main = found.length === 0 ? (await findUnit(name))?.main : undefined;
  return main === undefined ? found : [main];
}

/** The names of init systems. In a container, PID 1 may be the very program that is to be dumped. */
const inits = ['systemd', 'init', 'openrc-init', 'runit', 's6-svscan'];

const isInit = ({ pid, comm }: ProcessStat): boolean => pid === 1 && inits.includes(comm);

const whyNotInit = (init: ProcessStat): string =>
  `${processLabel(init)} is init: while it stands still, no service of this host is started, restarted or stopped`;

/** Throws a UsageError if a process cannot be dumped, and remarks on what would keep it from being dumped now. */
async function checkTarget(target: ProcessStat, ask: Asking): Promise<void> {
  if (isInit(target)) throw new UsageError(`--gcore: ${whyNotInit(target)}; --exec 'gcore 1' dumps it all the same`);
  const access = await checkAccess(target.pid);
  if (access === 'kernel thread')
    throw new UsageError(`--gcore: ${processLabel(target)} is a kernel thread, which cannot be dumped`);
  if (access === 'denied') {
    const reason = explainDenial(target.pid, readAttachFacts());
    throw new UsageError(`--gcore: ${processLabel(target)}: rig may not attach to it (ptrace): ${visible(reason)}`);
  }
  const tracer = tracerOf(target.pid);
  if (tracer !== 0)
    ask.remark(
      `--gcore: ${processLabel(target)} is traced by process ${tracer} (a debugger, strace?): until that ends, it cannot be dumped`,
    );
  if (target.state === 'D')
    ask.remark(
      `--gcore: ${processLabel(target)} is in uninterruptible sleep (state D): it cannot be dumped until it wakes up`,
    );
}

async function preparePid(text: string, ask: Asking): Promise<Target> {
  const pid = Number(text);
  if (!/^[1-9]\d*$/.test(text) || pid > pidLimit)
    throw new UsageError(`--gcore: expected a PID from 1 to ${pidLimit}, got ${JSON.stringify(text)}`);
  const look = lookAt(pid);
  if (look.life === 'dead') throw new UsageError(`--gcore: there is no process ${pid}`);
  if (look.life === 'unknown') throw new RigError(`--gcore: process ${pid} cannot be looked at: ${look.why}`);
  const { found } = look;
  if (hasEnded(found)) throw new UsageError(`--gcore: ${processLabel(found)} has already ended (a zombie)`);
  const threadGroup = foundIn(lookAtStatus(pid))?.threadGroup ?? pid;
  if (threadGroup !== pid) throw new UsageError(`--gcore: ${pid} is a thread of process ${threadGroup}: give that PID`);
  if (isOwn(found)) throw new UsageError(`--gcore: ${processLabel(found)} is rig itself`);
  await checkTarget(found, ask);
  return { kind: 'pid', pid, startTime: found.startTime, comm: found.comm };
}

/** The error where several processes have a name. A unit of that name tells which of them is the first one. */
async function tooMany(name: string, found: ProcessStat[]): Promise<UsageError> {
  const unit = await findUnit(name);
  const choices = [
    'one of these PIDs',
    ...(unit?.main === undefined ? [] : [`${unit.unit} for its main process ${unit.main.pid}`]),
    '--gcore-all-pids',
  ];
  const pids = found.map(({ pid }) => pid).join(' ');
  return new UsageError(
    `--gcore: ${found.length} processes are named ${visible(name)}: ${pids}; give ${choices.join(', or ')}`,
  );
}

/** A name that no process has may be that of a unit. Remarks on what it means now. */
async function findMain(name: string, ask: Asking): Promise<ProcessStat[]> {
  const { unit, main } = (await findUnit(name)) ?? {};
  if (main !== undefined) {
    ask.remark(`--gcore: ${visible(name)} is the main process of ${unit}: now ${processLabel(main)}`);
    return [main];
  }
  const orUnit = unit === undefined ? 'and there is no such unit' : `and ${unit} has no main process`;
  ask.remark(
    `--gcore: no process is named ${visible(name)} now (${lookedAt}), ${orUnit}; it is looked for again when the rig triggers`,
  );
  return [];
}

async function prepareName(name: string, allPids: boolean, ask: Asking): Promise<Target> {
  const found = await others(name);
  if (found.length > 1 && !allPids) throw await tooMany(name, found);
  for (const process of found.length > 0 ? found : await findMain(name, ask)) await checkTarget(process, ask);
  return { kind: 'name', name };
}

function prepareMatch(text: string, ask: Asking): Target {
  if (text === '@match') {
    if (!ask.gives.has('process') && !ask.gives.has('tagged process'))
      throw new UsageError(
        '--gcore: @match needs a trigger that names a process: of what logs watches, the journal and lines with NAME[PID]: do',
      );
    if (!ask.gives.has('process'))
      ask.remark(
        '--gcore: @match: the journal is not watched, so only a line with NAME[PID]: in it, as syslog writes them, names a process',
      );
    return { kind: 'match' };
  }
  if (text === '@monitor') {
    if (ask.gives.has('processes')) return { kind: 'monitor' };
    throw new UsageError('--gcore: @monitor needs a monitor that watches processes, such as rig process');
  }
  throw new UsageError(`--gcore: ${JSON.stringify(text)} is unknown: there are @match and @monitor`);
}

/** The targets that the values of `--gcore` name. A PID is pinned by its start time. Throws a UsageError. */
export async function prepareTargets(texts: string[], allPids: boolean, ask: Asking): Promise<Target[]> {
  const wanted = [...new Set(texts.map((text) => text.trim()))];
  const targets: Target[] = [];
  for (const text of wanted) {
    if (text === '') throw new UsageError('--gcore: one of the values is empty');
    if (/^[+-]?\d+$/.test(text)) targets.push(await preparePid(text, ask));
    else if (text.startsWith('@')) targets.push(prepareMatch(text, ask));
    else targets.push(await prepareName(text, allPids, ask));
  }
  return targets;
}

function findPinned(pinned: ProcessIdentity): Found {
  const wanted = String(pinned.pid);
  if (lifeOf(pinned) === 'dead')
    return withoutCore(wanted, pinned, 'exited', `process ${processLabel(pinned)} had exited`);
  // It may live although nothing could be seen of it, for want of descriptors perhaps: gdb will tell.
  const process = foundIn(lookAt(pinned.pid)) ?? { ...pinned, state: '', parentPid: 0, session: 0 };
  return { wanted, process, note: null };
}

async function findNamed(name: string, allPids: boolean): Promise<Found[]> {
  const found = await findNow(name);
  const [oldest] = found;
  if (oldest === undefined) {
    const note = `no process was running with this name (${lookedAt}), and no unit of it had a main process`;
    return [withoutCore(name, undefined, 'not running', note)];
  }
  if (allPids || found.length === 1) return found.map((process) => ({ wanted: name, process, note: null }));
  // There was one at creation. A fork that has not yet called execve has the same name for a moment.
  return [{ wanted: name, process: oldest, note: `the oldest of ${found.map(({ pid }) => pid).join(' ')}` }];
}

async function findMatch({ trigger }: TriggerContext): Promise<Found> {
  const wanted = '@match';
  const seen = await trigger.process;
  if (seen === undefined) return withoutCore(wanted, undefined, 'failed', 'the trigger names no process');
  const look = lookAt(seen.pid);
  const label = { pid: seen.pid, comm: '' };
  if (look.life === 'unknown')
    return withoutCore(wanted, label, 'failed', `process ${seen.pid} cannot be looked at: ${look.why}`);
  if (look.life === 'dead' || hasEnded(look.found))
    return withoutCore(wanted, label, 'exited', `process ${seen.pid} had exited`);
  const process = look.found;
  // If the clock was set forward meanwhile, the process looks younger and is not dumped: better none than the wrong one.
  if (startedAtMs(process) > seen.seenAtMs + startToleranceMs)
    return withoutCore(
      wanted,
      process,
      'exited',
      `process ${seen.pid} had exited; ${processLabel(process)} started later`,
    );
  if (isOwn(process)) return withoutCore(wanted, process, 'failed', `${processLabel(process)} is rig itself`);
  return { wanted, process, note: null };
}

function findMonitored(rig: TriggerContext): Found[] {
  const watched = rig.monitorProcesses();
  if (watched.length === 0)
    return [withoutCore('@monitor', undefined, 'not running', 'the monitor watched no process')];
  return watched.map((process) => ({ ...findPinned(process), wanted: '@monitor' }));
}

/** The processes that a target means now; none for one that only the trigger names. */
export async function findCandidates(target: Target): Promise<ProcessIdentity[]> {
  if (target.kind === 'name') return await findNow(target.name);
  const now = target.kind === 'pid' && lifeOf(target) === 'alive' ? foundIn(lookAt(target.pid)) : undefined;
  return now === undefined ? [] : [now];
}

/** A trigger may name init: systemd logs what becomes of services. */
const refuseInit = (found: Found): Found =>
  'process' in found && isInit(found.process)
    ? withoutCore(found.wanted, found.process, 'failed', whyNotInit(found.process))
    : found;

/** The processes to dump now, each of them once. */
export async function findTargets(targets: Target[], allPids: boolean, rig: TriggerContext): Promise<Found[]> {
  const found: Found[] = [];
  for (const target of targets) {
    if (target.kind === 'pid') found.push(findPinned(target));
    else if (target.kind === 'name') found.push(...(await findNamed(target.name, allPids)));
    else if (target.kind === 'match') found.push(await findMatch(rig));
    else found.push(...findMonitored(rig));
  }
  const pids = new Set<number>();
  return found.map(refuseInit).filter((one) => {
    if (!('process' in one)) return true;
    const isFirst = !pids.has(one.process.pid);
    pids.add(one.process.pid);
    return isFirst;
  });
}
