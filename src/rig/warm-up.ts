/** What a rig does as soon as it is armed, so that it is quick when the moment has come. */
import { rm } from 'node:fs/promises';
import { exec } from '../actions/exec.ts';
import { makeNewFolder } from '../host/folders.ts';
import { findProgram, prepareToRun } from '../host/programs.ts';
import type { Trigger } from '../plugin.ts';
import { runActions } from './actions.ts';
import { DiskGuard } from './disk-guard.ts';
import { shrinkHeap } from './heap.ts';
import type { RigLog } from './log.ts';
import type { RigSpec } from './spec.ts';
import { warmUpFolder } from './work-folder.ts';

const silent = (): void => {};
const noLog: RigLog = { debug: silent, info: silent, warn: silent, error: silent, lines: () => [] };
const nothing: Trigger = {
  time: '',
  monitor: '',
  source: '',
  line: '',
  matches: 0,
  position: { cursor: '' },
  loggedAt: '',
};

/**
 * Goes the way from a trigger to a program once, with true(1): what is compiled and loaded on it is so by then, and the first
 * action starts in a third of the time. Where the host has no such program, or anything goes wrong, nothing is lost.
 */
export async function warmUp(spec: RigSpec, ended: AbortSignal): Promise<void> {
  await prepareToRun();
  const program = await findProgram('true');
  if (program === undefined || ended.aborted) return;
  const folder = warmUpFolder(spec);
  try {
    await makeNewFolder(folder);
    const plan = { programs: [{ command: 'true', program, args: [], label: 'true' }] };
    const actions = [{ name: exec.name, plan, timeoutMs: exec.timeoutMs }];
    const once: RigSpec = { ...spec, actions, repeat: { times: 0, delayMs: 0 } };
    const guard = new DiskGuard(folder, spec.output.minFree);
    await runActions({ spec: once, trigger: nothing, root: folder, ended, guard, log: noLog });
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A full disk, or a work folder that is being removed: what matters will say so itself.
  }
  shrinkHeap();
}
