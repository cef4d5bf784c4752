/** `--gcore`: core dumps of running processes, which go on running. */
import { ActionError, RigError } from '../../errors.ts';
import { findProgram } from '../../host/programs.ts';
import { defineAction } from '../../plugin.ts';
import { dumpProcess, safeFileName } from './dump.ts';
import { describeFailure, type Outcome } from './outcome.ts';
import { findTargets, prepareTargets, type Target } from './targets.ts';

/** A type and not an interface, so that it is JSON for the spec. */
export type GcorePlan = {
  /** The full path of gcore. */
  program: string;
  targets: Target[];
  allPids: boolean;
};

/** Finds gcore and the gdb that it starts, which must be in the same folder. */
async function findGcore(): Promise<string> {
  const [program, gdb] = [await findProgram('gcore'), await findProgram('gdb')];
  if (program !== undefined && gdb !== undefined) return program;
  throw new RigError(
    `--gcore: ${program === undefined ? 'gcore' : 'gdb'} is not on this host: install the package gdb`,
  );
}

/** The core that a target will give. */
function describeCore(target: Target, allPids: boolean): string {
  if (target.kind === 'pid') return `core.${safeFileName(target.comm)}.${target.pid}`;
  if (target.kind === 'match') return 'core.NAME.PID of whoever logs the line';
  return `core.${safeFileName(target.name)}.PID of ${allPids ? 'every process' : 'the process'} of that name`;
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
  produces: ({ targets, allPids }) => targets.map((target) => describeCore(target, allPids)).join(', '),
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
