/** Which processes are meant: `--gcore PID|NAME|@match`, checked at creation and looked up when the rig triggers. */
import { RigError, UsageError } from '../../errors.ts';
import { checkAccess, findByName } from '../../host/processes/names.ts';
import { startedAtMs, startToleranceMs } from '../../host/processes/start-time.ts';
import { isAlive, type ProcessIdentity, type ProcessStat, readProcess } from '../../host/processes/stat.ts';
import { readProcessStatus } from '../../host/processes/status.ts';
import type { ActionPrepareContext, Trigger } from '../../plugin.ts';
import { visible } from '../../terminal/text.ts';
import { label, type Outcome, withoutCore } from './outcome.ts';

/** A type and not an interface, so that it is JSON for the spec. */
export type Target =
  | { kind: 'pid'; pid: number; startTime: number; comm: string }
  | { kind: 'name'; name: string }
  | { kind: 'match' };

/** A process to be dumped now, or what became of one that cannot be. */
export type Found = { wanted: string; process: ProcessStat; note: string | null } | Outcome;

/** The largest value of kernel.pid_max, see proc_sys_kernel(5). */
const pidLimit = 4_194_304;

/** This process and the programs that it runs: dumping itself would stop the rig while it dumps. */
const isOwn = ({ pid, parentPid }: ProcessStat) => pid === process.pid || parentPid === process.pid;

/** The process of this rig, as a target for nothing but a warm-up. Throws a RigError where it cannot read of itself. */
export async function ownProcess(): Promise<Target> {
  const own = readProcess(process.pid);
  if (own === undefined) throw new RigError('no /proc/PID/stat of this process');
  return { kind: 'pid', pid: own.pid, startTime: own.startTime, comm: own.comm };
}

const others = async (name: string) => (await findByName(name)).filter((candidate) => !isOwn(candidate));

/** Says what may keep a process from being dumped, while the user can still do something about it. */
async function remarkObstacles(target: ProcessStat, context: ActionPrepareContext): Promise<void> {
  const tracer = readProcessStatus(target.pid)?.tracer ?? 0;
  if (tracer !== 0)
    context.remark(
      `--gcore: ${label(target)} is traced by process ${tracer} (a debugger, strace?): until that ends, it cannot be dumped`,
    );
  if (target.state === 'D')
    context.remark(
      `--gcore: ${label(target)} is in uninterruptible sleep (state D): it cannot be dumped until it wakes up`,
    );
}

async function preparePid(text: string, context: ActionPrepareContext): Promise<Target> {
  const pid = Number(text);
  if (!/^[1-9]\d*$/.test(text) || pid > pidLimit)
    throw new UsageError(`--gcore: expected a PID from 1 to ${pidLimit}, got ${JSON.stringify(text)}`);
  const found = readProcess(pid);
  if (found === undefined) throw new UsageError(`--gcore: there is no process ${pid}`);
  if (found.state === 'Z' || found.state === 'X')
    throw new UsageError(`--gcore: ${label(found)} has already ended (a zombie)`);
  const threadGroup = readProcessStatus(pid)?.threadGroup;
  if (threadGroup !== pid) throw new UsageError(`--gcore: ${pid} is a thread of process ${threadGroup}: give that PID`);
  if (isOwn(found)) throw new UsageError(`--gcore: ${label(found)} is rig itself`);
  const access = await checkAccess(pid);
  if (access === 'kernel thread')
    throw new UsageError(`--gcore: ${label(found)} is a kernel thread, which cannot be dumped`);
  if (access === 'denied')
    throw new UsageError(`--gcore: ${label(found)}: this host does not let root attach to it (ptrace)`);
  await remarkObstacles(found, context);
  return { kind: 'pid', pid, startTime: found.startTime, comm: found.comm };
}

async function prepareName(name: string, allPids: boolean, context: ActionPrepareContext): Promise<Target> {
  const found = await others(name);
  if (found.length > 1 && !allPids) {
    const pids = found.map(({ pid }) => pid).join(' ');
    throw new UsageError(
      `--gcore: ${found.length} processes are named ${visible(name)}: ${pids}; give one of these PIDs, or --all-pids`,
    );
  }
  if (found.length === 0)
    context.remark(`--gcore: no process is named ${visible(name)} now; it is looked for again when the rig triggers`);
  for (const process of found) await remarkObstacles(process, context);
  return { kind: 'name', name };
}

function prepareMatch(text: string, context: ActionPrepareContext): Target {
  if (text !== '@match') throw new UsageError(`--gcore: ${JSON.stringify(text)} is unknown, did you mean @match?`);
  if (!context.monitorNamesProcess)
    throw new UsageError(
      '--gcore: @match needs a trigger that names a process: of what logs watches, only the journal does',
    );
  return { kind: 'match' };
}

/** From the values of `--gcore` to what they mean. PIDs are pinned by their start time. Throws a UsageError. */
export async function prepareTargets(
  texts: string[],
  allPids: boolean,
  context: ActionPrepareContext,
): Promise<Target[]> {
  const wanted = [...new Set(texts.map((text) => text.trim()))];
  if (wanted.every((text) => text === '')) throw new UsageError('--gcore: no PID given: did pidof find nothing?');
  const targets: Target[] = [];
  for (const text of wanted) {
    if (text === '') throw new UsageError('--gcore: one of the values is empty');
    if (/^[+-]?\d+$/.test(text)) targets.push(await preparePid(text, context));
    else if (text.startsWith('@')) targets.push(prepareMatch(text, context));
    else targets.push(await prepareName(text, allPids, context));
  }
  return targets;
}

async function findPinned(pinned: ProcessIdentity): Promise<Found> {
  const wanted = String(pinned.pid);
  const process = readProcess(pinned.pid);
  if (process === undefined || !isAlive(pinned))
    return withoutCore(wanted, pinned, 'exited', `process ${label(pinned)} had exited`);
  return { wanted, process, note: null };
}

async function findNamed(name: string, allPids: boolean): Promise<Found[]> {
  const found = await others(name);
  const [oldest] = found;
  if (oldest === undefined) return [withoutCore(name, undefined, 'not running', 'no process of this name was running')];
  if (allPids || found.length === 1) return found.map((process) => ({ wanted: name, process, note: null }));
  // There was one at creation. A fork that has not yet become its program looks the same for a moment: no reason to dump nothing.
  return [{ wanted: name, process: oldest, note: `the oldest of ${found.map(({ pid }) => pid).join(' ')}` }];
}

async function findMatch(trigger: Trigger): Promise<Found> {
  const wanted = '@match';
  const seen = trigger.process;
  if (seen === undefined) return withoutCore(wanted, undefined, 'failed', 'the trigger names no process');
  const process = readProcess(seen.pid);
  if (process === undefined || !isAlive(process))
    return withoutCore(wanted, { pid: seen.pid, comm: '' }, 'exited', `process ${seen.pid} had exited`);
  // A clock set forward in between makes the process look younger: then it is not dumped, rather than the wrong one.
  if (startedAtMs(process) > seen.seenAtMs + startToleranceMs)
    return withoutCore(wanted, process, 'exited', `process ${seen.pid} had exited; ${label(process)} started later`);
  if (isOwn(process)) return withoutCore(wanted, process, 'failed', `${label(process)} is rig itself`);
  return { wanted, process, note: null };
}

/** The processes that a PID or a name stands for now. */
export async function findCandidates(target: Exclude<Target, { kind: 'match' }>): Promise<ProcessIdentity[]> {
  if (target.kind === 'name') return await others(target.name);
  const now = readProcess(target.pid);
  return now !== undefined && isAlive(target) ? [now] : [];
}

/** Looks up who is to be dumped now, each process once. */
export async function findTargets(targets: Target[], allPids: boolean, trigger: Trigger): Promise<Found[]> {
  const found: Found[] = [];
  for (const target of targets) {
    if (target.kind === 'pid') found.push(await findPinned(target));
    else if (target.kind === 'name') found.push(...(await findNamed(target.name, allPids)));
    else found.push(await findMatch(trigger));
  }
  const pids = new Set<number>();
  return found.filter((one) => {
    if (!('process' in one)) return true;
    const isFirst = !pids.has(one.process.pid);
    pids.add(one.process.pid);
    return isFirst;
  });
}
