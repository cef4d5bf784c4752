/** `--exec`: programs of the user's own, with the facts of the trigger in their environment. */
import { basename, join } from 'node:path';
import { ActionError, messageOf, UsageError } from '../errors.ts';
import { writeNewFile } from '../host/folders.ts';
import { findCommand } from '../host/programs/find-program.ts';
import { type RunResult, runProgram } from '../host/programs/run-program.ts';
import { splitCommand } from '../options/command-words.ts';
import { defineAction, type Facts, type TriggerContext } from '../plugin.ts';

/** How much of each stream is kept: a program that runs wild must not fill the disk. */
const limitBytes = 100 * 2 ** 20;

/** A type and not an interface, so that it is JSON for the spec. */
type Planned = {
  /** As it was typed. */
  command: string;
  /** The full path. */
  program: string;
  args: string[];
  /** The beginning of the names of its files: `1-NAME`. */
  label: string;
};
type ExecPlan = { programs: Planned[] };

/** Has the shell check the command without running it: sh(1), -n. Throws a UsageError. */
async function checkSyntax(shell: string, command: string): Promise<void> {
  const { exitCode, stderr } = await runProgram(shell, ['-n', '-c', command]);
  if (exitCode !== 0) throw new UsageError(`--exec: ${stderr.trim().replaceAll('\n', ' ')}`);
}

const labelOf = (index: number, program: string): string =>
  `${index + 1}-${basename(program)
    .replace(/[^A-Za-z0-9._+-]/g, '_')
    .slice(0, 60)}`;

async function plan(command: string, index: number, withShell: boolean): Promise<Planned> {
  if (withShell) {
    const shell = await findCommand('--exec', 'sh');
    await checkSyntax(shell, command);
    return { command, program: shell, args: ['-c', command], label: labelOf(index, shell) };
  }
  const { name, args } = splitCommand('--exec', command, 'add --exec-shell');
  const program = await findCommand('--exec', name);
  return { command, program, args, label: labelOf(index, program) };
}

/** How a program ended, for its file `.exit`. */
const describeEnd = ({ exitCode, signalName }: RunResult): string =>
  exitCode === null ? `ended by ${signalName}` : String(exitCode);

/** Why a program counts as failed; undefined if it does not. */
function findReason(label: string, { exitCode, signalName, output }: RunResult): string | undefined {
  if (exitCode === null) return `${label} was ended by ${signalName}`;
  if (exitCode !== 0) return `${label} ended with exit code ${exitCode}`;
  const error = output?.stdout.error ?? output?.stderr.error;
  return error === undefined ? undefined : `${label}: its output cannot be kept: ${error}`;
}

/** Runs one program. Resolves to its facts for the manifest, and to the reason if it failed. */
async function runOne(
  { command, program, args, label }: Planned,
  rig: TriggerContext,
): Promise<{ details: Facts; reason?: string }> {
  const path = join(rig.dir, label);
  const time = AbortSignal.timeout(rig.timeoutMs);
  try {
    const result = await rig.run(program, args, {
      signal: AbortSignal.any([rig.signal, time]),
      env: await rig.environment(),
      output: { stdout: `${path}.stdout`, stderr: `${path}.stderr`, limitBytes },
    });
    await writeNewFile(`${path}.exit`, `${describeEnd(result)}\n`);
    const { stdout, stderr } = result.output ?? {};
    const isCut = stdout?.isCut === true || stderr?.isCut === true;
    if (isCut) rig.log(`${label}: only the first ${limitBytes / 2 ** 20} MB of its output are kept`);
    const details = { command, label, end: describeEnd(result), ...(isCut ? { cutToBytes: limitBytes } : {}) };
    const reason =
      time.aborted && !rig.signal.aborted
        ? `${label} was not done within ${rig.timeoutMs / 1000} s`
        : findReason(label, result);
    return reason === undefined ? { details } : { details, reason };
  } catch (error) {
    // The program has been removed, or the disk is full: the next one still runs.
    const reason = `${label}: ${messageOf(error)}`;
    return { details: { command, label, end: null }, reason };
  }
}

const describeFiles = (programs: Planned[]): string =>
  [...programs.map(({ label }) => `${label}.stdout, .stderr, .exit`), 'what they write to their folder'].join('; ');

export const exec = defineAction({
  name: 'exec',
  summary: 'Run a program; it finds the trigger in its environment',
  options: {
    exec: { kind: 'texts', hint: "'CMD ARG...'", summary: 'Run a program; RIG_LINE etc. are in its environment' },
    'exec-shell': { kind: 'flag', summary: 'Hand what --exec says to sh -c' },
  },
  timeoutMs: 10 * 60_000,
  isRepeatable: true,
  async plan(values): Promise<ExecPlan> {
    const programs: Planned[] = [];
    for (const [index, command] of (values.exec ?? []).entries())
      programs.push(await plan(command, index, values['exec-shell']));
    return { programs };
  },
  parts: ({ programs }) => programs.length,
  estimate: async ({ programs }) => ({ leaves: describeFiles(programs), bytes: 0 }),
  async run({ programs }, rig) {
    const details: Facts[] = [];
    const reasons: string[] = [];
    for (const planned of programs) {
      if (rig.signal.aborted) break;
      const outcome = await runOne(planned, rig);
      details.push(outcome.details);
      if (outcome.reason !== undefined) reasons.push(outcome.reason);
    }
    if (reasons.length > 0) throw new ActionError(reasons.join('; '), { programs: details });
    return { programs: details };
  },
});
