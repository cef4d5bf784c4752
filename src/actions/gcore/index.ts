/** `--gcore`: core dumps of running processes, which go on running. */
import { ActionError } from '../../errors.ts';
import type { ProcessIdentity } from '../../host/processes/stat.ts';
import { formatSize } from '../../options/units.ts';
import { defineAction } from '../../plugin.ts';
import { processLabel } from '../../terminal/text.ts';
import { estimateCore } from './core-size.ts';
import { dumpProcess, safeFileName } from './dump.ts';
import { describeFailure, type Outcome } from './outcome.ts';
import { proveAttaching } from './proof.ts';
import { findCandidates, findTargets, prepareTargets, type Target } from './targets.ts';
import { remarkWatchdog } from './watchdog.ts';

/** A type and not an interface, so that it is JSON for the spec. */
export type GcorePlan = {
  /** The full path of gcore. */
  program: string;
  targets: Target[];
  allPids: boolean;
};

/** How many processes of one name are listed. */
const mostDescribed = 10;

/** The processes that would be dumped now, as far as they are known before the trigger. */
async function knownProcesses(targets: Target[], allPids: boolean): Promise<ProcessIdentity[]> {
  const known: ProcessIdentity[] = [];
  for (const target of targets) {
    const found = await findCandidates(target);
    known.push(...(allPids ? found : found.slice(0, 1)));
  }
  return known;
}

/** The size of all cores that the targets would give now. */
async function sizeOfCores({ targets, allPids }: GcorePlan): Promise<number> {
  let bytes = 0;
  for (const { pid } of await knownProcesses(targets, allPids)) bytes += await estimateCore(pid);
  return bytes;
}

/** The cores that one target would give now, and how large they would be. */
async function describeCore(target: Target, allPids: boolean): Promise<string> {
  if (target.kind === 'match') return 'core.NAME.PID of the process that the trigger names';
  if (target.kind === 'monitor') return 'core.NAME.PID of each process that is watched';
  const found = await findCandidates(target);
  if (found.length === 0)
    return target.kind === 'pid'
      ? `nothing: process ${processLabel(target)} has exited`
      : `core.${safeFileName(target.name)}.PID, as soon as a process has that name`;
  const described = found
    .slice(0, allPids ? mostDescribed : 1)
    .map(async ({ comm, pid }) => `core.${safeFileName(comm)}.${pid} (about ${formatSize(await estimateCore(pid))})`);
  const cores = await Promise.all(described);
  const more = allPids && found.length > mostDescribed ? [`and ${found.length - mostDescribed} more`] : [];
  return [...cores, ...more].join(', ');
}

/** The cores that all targets would give now. */
async function describeCores({ targets, allPids }: GcorePlan): Promise<string> {
  return (await Promise.all(targets.map((target) => describeCore(target, allPids)))).join(', ');
}

const gdbPackage = { debian: 'gdb', redhat: 'gdb', suse: 'gdb' };

export const gcore = defineAction({
  name: 'gcore',
  summary: 'Dump the memory of running processes',
  options: {
    gcore: {
      kind: 'list',
      hint: 'PID|NAME',
      bareNumbers: true,
      whenEmpty: 'no PID given: did pidof find nothing?',
      completes: 'process',
      summary: 'Dump these; @match: the process that the trigger names',
      detail: '@monitor: the processes that the monitor watches.',
    },
    'gcore-all-pids': { kind: 'flag', summary: 'A name may mean several processes: dump them all' },
  },
  // gcore is a script that starts gdb.
  requires: [
    { kind: 'program', anyOf: ['gcore'], package: gdbPackage },
    { kind: 'program', anyOf: ['gdb'], package: gdbPackage },
  ],
  isRepeatable: true,
  keepsPriority: true,
  timeoutMs: 10 * 60_000,
  async plan(values, ask): Promise<GcorePlan> {
    const allPids = values['gcore-all-pids'];
    const targets = await prepareTargets(values.gcore ?? [], allPids, ask);
    const gdb = ask.program('gdb');
    if (gdb !== undefined) await proveAttaching(gdb, ask);
    for (const { pid } of await knownProcesses(targets, allPids)) await remarkWatchdog(pid, ask);
    return { program: ask.program('gcore') ?? '', targets, allPids };
  },
  estimate: async (plan) => ({ leaves: await describeCores(plan), bytes: await sizeOfCores(plan) }),
  async run({ program, targets, allPids }, rig) {
    const processes: Outcome[] = [];
    for (const found of await findTargets(targets, allPids, rig)) {
      if (!('process' in found)) processes.push(found);
      else processes.push(await dumpProcess(program, found, rig));
    }
    const failure = describeFailure(processes);
    if (failure !== undefined) throw new ActionError(failure, { processes });
    return { processes };
  },
});
