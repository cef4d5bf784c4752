/** The process monitor: triggers on the state of processes, and when they have exited. */
import { RigError, UsageError } from '../errors.ts';
import { ProcessFinder } from '../host/processes/names.ts';
import { hasEnded, lifeOf, lookAt, type ProcessIdentity, type ProcessStat } from '../host/processes/stat.ts';
import { defineMonitor, type MonitorContext, type SourceStatus, type Watch } from '../plugin.ts';
import { processLabel, visible } from '../terminal/text.ts';

/** The states of proc_pid_stat(5), field 3. */
const states = ['R', 'S', 'D', 'Z', 'T', 't', 'I'] as const;

/** A process that existed at creation, or a name. Types and not interfaces, so that they are JSON for the spec. */
type Target = { pid: number; startTime: number; comm: string } | { name: string };
type ProcessPlan = { targets: Target[]; states: string[]; isExitAwaited: boolean; intervalMs: number };

const describe = (target: Target): string => ('name' in target ? visible(target.name) : processLabel(target));

function planTarget(text: string): Target {
  if (!/^\d+$/.test(text)) return { name: text };
  const look = lookAt(Number(text));
  if (look.life === 'dead') throw new UsageError(`--proc: there is no process ${text}`);
  if (look.life === 'unknown') throw new RigError(`--proc: process ${text} cannot be looked at: ${look.why}`);
  const { pid, startTime, comm } = look.found;
  return { pid, startTime, comm };
}

class ProcessWatch implements Watch {
  readonly #plan: ProcessPlan;
  readonly #rig: MonitorContext;
  readonly #finder = new ProcessFinder();
  readonly #stop: () => void;
  /** The processes of the last look, by pid and start time. */
  #found = new Map<string, ProcessStat>();
  /** Those of them that have not ended. */
  #alive = new Map<string, ProcessStat>();
  #looks = 0;

  constructor(plan: ProcessPlan, rig: MonitorContext) {
    this.#plan = plan;
    this.#rig = rig;
    // These existed at creation: the first look notices if one has exited since.
    for (const target of plan.targets)
      if ('pid' in target) this.#alive.set(keyOf(target), { ...target, state: '', parentPid: 0, session: 0 });
    this.#stop = rig.clock.every(plan.intervalMs, () => this.look());
  }

  async look(): Promise<void> {
    const atMs = this.#rig.clock.nowMs();
    const [foundBefore, aliveBefore] = [this.#found, this.#alive];
    this.#found = await this.#findAll();
    this.#alive = new Map();
    for (const [key, process] of foundBefore)
      if (this.#found.get(key)?.comm !== process.comm && lifeOf(process) !== 'unknown')
        this.#rig.gone(processLabel(process));
    for (const [key, process] of this.#found) {
      if (this.#plan.states.length > 0) this.#tellState(process, atMs);
      if (!hasEnded(process)) this.#alive.set(key, process);
    }
    for (const [key, process] of aliveBefore) {
      if (this.#alive.has(key)) continue;
      // What could not be looked at has not exited.
      if (lifeOf(process) === 'unknown') this.#alive.set(key, process);
      else this.#tellExit(process, atMs);
    }
    this.#looks++;
  }

  /** Each process once, also one that several targets name. */
  async #findAll(): Promise<Map<string, ProcessStat>> {
    const found = new Map<string, ProcessStat>();
    for (const target of this.#plan.targets)
      for (const process of await this.#find(target)) found.set(keyOf(process), process);
    return found;
  }

  async #find(target: Target): Promise<ProcessStat[]> {
    if ('name' in target) return await this.#finder.find(target.name, { zombies: true });
    const look = lookAt(target.pid);
    return look.life === 'alive' && look.found.startTime === target.startTime ? [look.found] : [];
  }

  #tellState(process: ProcessStat, atMs: number): void {
    const { pid, state } = process;
    const limit = this.#plan.states.join(' ');
    const seen = Promise.resolve({ pid, seenAtMs: this.#rig.clock.dateMs() });
    const isMet = this.#plan.states.includes(state);
    this.#rig.level({
      subject: processLabel(process),
      figure: 'state',
      value: state,
      limit,
      isMet,
      atMs,
      process: seen,
    });
  }

  #tellExit(process: ProcessStat, atMs: number): void {
    const subject = processLabel(process);
    if (this.#plan.isExitAwaited) this.#rig.saw({ subject, text: 'has exited', atMs });
    const isNamed = this.#plan.targets.some((target) => 'name' in target);
    if (!isNamed && this.#alive.size === 0) this.#rig.exhausted(`${subject} has exited`);
  }

  async stop(): Promise<void> {
    this.#stop();
  }

  status(): SourceStatus[] {
    const shown = [...this.#alive.values()].map(({ pid, comm, state }) => ({ pid, comm, state }));
    return [{ source: this.#plan.targets.map(describe).join(', '), looks: this.#looks, processes: shown }];
  }

  lateMs(): number {
    return this.#plan.intervalMs;
  }

  processes(): ProcessIdentity[] {
    return [...this.#alive.values()];
  }
}

const keyOf = ({ pid, startTime }: ProcessIdentity): string => `${pid}.${startTime}`;

export const processMonitor = defineMonitor({
  name: 'process',
  summary: 'Trigger on the state of processes, or when they exit',
  options: {
    proc: {
      kind: 'list',
      hint: 'PID|NAME,...',
      bareNumbers: true,
      whenEmpty: 'no process given: did pidof find nothing?',
      requiredUnless: [],
      needs: ['state', 'exit'],
      completes: 'process',
      summary: 'Watch these processes',
      detail: 'A name means every process that has it at a look, also one that starts later.',
    },
    state: {
      kind: 'choices',
      choices: states,
      hint: 'STATE,...',
      gives: 'level',
      summary: 'Wait for one of these states: R S D Z T t I, as in ps(1)',
    },
    exit: { kind: 'flag', gives: 'event', summary: 'Wait until one of them has exited' },
    interval: { kind: 'duration', hint: 'DURATION', default: 1000, summary: 'How often the processes are looked at' },
  },
  examples: [
    'rig process --proc mysqld --state D --for 30s --gcore @match',
    'rig process --proc 4711 --exit --sosreport',
  ],
  plan({ proc = [], state = [], exit, interval }, ask): ProcessPlan {
    const targets = [...new Set(proc)].map(planTarget);
    if (targets.some((target) => 'name' in target && target.name.startsWith('@')))
      throw new UsageError('--proc: expected a PID or a name, without @');
    if (exit && targets.every((target) => 'name' in target))
      ask.remark('--exit: a process that starts and ends between two looks is not seen');
    return { targets, states: state, isExitAwaited: exit, intervalMs: interval };
  },
  describe: ({ targets, states: awaited, isExitAwaited }) => ({
    watch: targets.map(describe).join(', '),
    condition: [
      ...(awaited.length > 0 ? [`state ${awaited.join(' or ')}`] : []),
      ...(isExitAwaited ? ['exit'] : []),
    ].join(' or '),
    gives: awaited.length > 0 ? ['process', 'processes'] : ['processes'],
  }),
  async watch(plan, rig): Promise<Watch> {
    const watch = new ProcessWatch(plan, rig);
    await watch.look();
    return watch;
  },
});
