/** Proves at creation that a debugger can attach to a process on this host at all. */
import { readFile, writeFile } from 'node:fs/promises';
import { RigError } from '../../errors.ts';
import { readBootId } from '../../host/boot.ts';
import { ensureOwnFolder } from '../../host/folders.ts';
import { explainRefusal, readAttachFacts } from '../../host/processes/attaching.ts';
import { runProgram } from '../../host/programs/run-program.ts';
import { startProgram } from '../../host/programs/start-program.ts';
import type { Asking } from '../../plugin.ts';
import { stateRoot } from '../../rig/records/paths.ts';
import { visible } from '../../terminal/text.ts';
import { findReason, gdbEnvironment, hasDetached } from './gdb.ts';

/** Under what circumstances it has worked. */
const provedFile = `${stateRoot}/.attached`;

/** gdb takes 0.1 s; a host that is this slow is not told from one where it hangs. */
const gdbMs = 20_000;
/** Reading the debug symbols of the C library, where they are installed, would take twice as long as all the rest. */
const noSymbols = 'set debug-file-directory /nonexistent';

/**
 * Has gdb attach to a child of rig's own, once a boot: what has worked is remembered, with all that decides it. Throws a RigError
 * that says why it does not work.
 */
export async function proveAttaching(gdb: string, ask: Asking): Promise<void> {
  const facts = readAttachFacts();
  if (!facts.isCapable)
    ask.remark(
      '--gcore: rig lacks CAP_SYS_PTRACE: it cannot dump the processes of other users, nor those with more privileges',
    );
  const circumstances = JSON.stringify({ boot: readBootId(), ...facts });
  if ((await readFile(provedFile, 'utf8').catch(() => '')) === circumstances) return;
  const child = await startProgram('sleep', [String((2 * gdbMs) / 1000)]);
  const limits = { signal: AbortSignal.timeout(gdbMs), endWith: 'SIGKILL', env: gdbEnvironment } as const;
  const args = ['--nx', '--batch', '-iex', noSymbols, '-ex', `attach ${child.pid}`, '-ex', 'detach'];
  const result = await runProgram(gdb, args, limits).finally(() => child.end());
  if (limits.signal.aborted)
    return ask.remark(`--gcore: gdb did not attach to a process within ${gdbMs / 1000} s: can it?`);
  if (!hasDetached(result)) {
    const said = findReason(result.stderr);
    const reasons = [explainRefusal(facts), said === undefined ? 'gdb says nothing' : `gdb says: ${visible(said)}`];
    throw new RigError(`--gcore: gdb cannot attach to processes here: ${reasons.filter(Boolean).join('; ')}`);
  }
  // Where it cannot be kept, it is proved again.
  await ensureOwnFolder(stateRoot)
    .then(() => writeFile(provedFile, circumstances, { mode: 0o600 }))
    .catch(() => {});
}
