/** `--gcore`: core dumps of running processes, which go on running. */
import { ActionError, RigError } from '../../errors.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import { defineAction } from '../../plugin.ts';
import { formatSize } from '../../terminal/text.ts';
import { estimateCore } from './core-size.ts';
import { dumpProcess, safeFileName } from './dump.ts';
import { describeFailure, label, type Outcome } from './outcome.ts';
import { findCandidates, findTargets, ownProcess, prepareTargets, type Target } from './targets.ts';

/** A type and not an interface, so that it is JSON for the spec. */
export type GcorePlan = {
  /** The full path of gcore. */
  program: string;
  targets: Target[];
  allPids: boolean;
};

/** Of a name that many processes have, so many are told. */
const mostDescribed = 10;

/** Finds gcore and the gdb that it starts, which must be in the same folder. */
async function findGcore(): Promise<string> {
  const [program, gdb] = [await findProgram('gcore'), await findProgram('gdb')];
  if (program !== undefined && gdb !== undefined) return program;
  throw new RigError(
    `--gcore: ${program === undefined ? 'gcore' : 'gdb'} is not on this host: install the package gdb`,
  );
}

/** How large the cores would be, all together, that the targets would give now, at least. */
async function sizeOfCores({ targets, allPids }: GcorePlan): Promise<number> {
  let bytes = 0;
  for (const target of targets) {
    const found = target.kind === 'match' ? [] : await findCandidates(target);
    for (const { pid } of allPids ? found : found.slice(0, 1)) bytes += estimateCore(pid);
  }
  return bytes;
}

/** The core that a target would give now, and how large it would be at least. */
async function describeCore(target: Target, allPids: boolean): Promise<string> {
  if (target.kind === 'match') return 'core.NAME.PID of whoever logs the line';
  const found = await findCandidates(target);
  if (found.length === 0)
    return target.kind === 'pid'
      ? `nothing: process ${label(target)} has exited`
      : `core.${safeFileName(target.name)}.PID, as soon as a process has that name`;
  const cores = found.slice(0, allPids ? mostDescribed : 1).map(async ({ comm, pid }) => {
    return `core.${safeFileName(comm)}.${pid} (${formatSize(estimateCore(pid))} or more)`;
  });
  const more = allPids && found.length > mostDescribed ? [`and ${found.length - mostDescribed} more`] : [];
  return [...(await Promise.all(cores)), ...more].join(', ');
}

export const gcore = defineAction({
  name: 'gcore',
  summary: 'Dump the memory of running processes',
  options: {
    gcore: {
      kind: 'list',
      hint: 'PID|NAME',
      bareNumbers: true,
      summary: 'Dump these; @match: whoever logged the line',
    },
    'all-pids': { kind: 'flag', summary: 'A name may mean several processes: dump them all' },
  },
  priority: 'first',
  repeatable: true,
  keepsPriority: true,
  timeoutMs: 10 * 60_000,
  async prepare(values, context): Promise<GcorePlan> {
    const allPids = values['all-pids'];
    const targets = await prepareTargets(values.gcore ?? [], allPids, context);
    return { program: await findGcore(), targets, allPids };
  },
  produces: async ({ targets, allPids }) =>
    (await Promise.all(targets.map((target) => describeCore(target, allPids)))).join(', '),
  needs: sizeOfCores,
  warmUp: async (plan, program) => ({ ...plan, program, targets: [await ownProcess()] }),
  async run({ program, targets, allPids }, context) {
    const processes: Outcome[] = [];
    for (const found of await findTargets(targets, allPids, context.trigger)) {
      if (!('process' in found)) processes.push(found);
      else processes.push(await dumpProcess(program, found.wanted, found.process, found.note, context));
    }
    const failure = describeFailure(processes);
    if (failure !== undefined) throw new ActionError(failure, { processes });
    return { processes };
  },
});
