/** Whether rig may attach to processes as a debugger does, and why not: ptrace(2), "Ptrace access mode checking". */
import { open, readlink } from 'node:fs/promises';
import { errnoOf } from '../../errors.ts';
import { textIn } from '../folders.ts';
import { livingThread } from './stat.ts';

/**
 * Whether rig may attach to a process. Its memory in /proc asks for the same permission, proc_pid_mem(5), and nothing is done to
 * the process. A kernel thread has nothing to attach to.
 */
export async function checkAccess(pid: number): Promise<'allowed' | 'denied' | 'kernel thread'> {
  const folder = `/proc/${livingThread(pid)}`;
  try {
    await readlink(`${folder}/exe`);
    await (await open(`${folder}/mem`)).close();
    return 'allowed';
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? 'kernel thread' : 'denied';
  }
}

/** What this host and this process have that decides whether attaching works. */
export type AttachFacts = {
  /** kernel.yama.ptrace_scope; empty without Yama. */
  yamaScope: string;
  /** The boolean deny_ptrace of SELinux is on. */
  isDeniedBySelinux: boolean;
  /** This process has CAP_SYS_PTRACE: capabilities(7). */
  isCapable: boolean;
  /** A seccomp filter looks at its system calls, and at those of what it starts: seccomp(2). */
  isFiltered: boolean;
};

/** CAP_SYS_PTRACE, a bit of CapEff. */
const capability = 1n << 19n;

/** What holds now, for this process. */
export function readAttachFacts(): AttachFacts {
  const status = textIn('/proc/self/status');
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? 'ffffffffffffffff';
  return {
    yamaScope: textIn('/proc/sys/kernel/yama/ptrace_scope').trim(),
    // The current value, and the one that waits to be committed.
    isDeniedBySelinux: textIn('/sys/fs/selinux/booleans/deny_ptrace').startsWith('1'),
    isCapable: (BigInt(`0x${capabilities}`) & capability) !== 0n,
    isFiltered: /^Seccomp:\s*2$/m.test(status),
  };
}

/** Why attaching does not work, in words; undefined where nothing tells. */
export function explainRefusal(facts: AttachFacts): string | undefined {
  if (facts.yamaScope === '3') return 'kernel.yama.ptrace_scope is 3, which forbids it until the next boot';
  if (facts.isDeniedBySelinux) return 'SELinux forbids it: setsebool deny_ptrace off allows it';
  if (!facts.isCapable) return 'rig lacks CAP_SYS_PTRACE; a container gets it by --cap-add=SYS_PTRACE';
  if (facts.isFiltered) return 'rig runs under a seccomp filter (a container, SystemCallFilter=), which may forbid it';
  return undefined;
}

/** Why rig may not attach to one process, as far as can be told: its memory, too, is denied, which no seccomp filter does. */
export function explainDenial(pid: number, facts: AttachFacts): string {
  const label = textIn(`/proc/${pid}/attr/current`).replace(/\0/g, '').trim();
  const hint = `it is in another user namespace, or a security module forbids it${label === '' ? '' : ` (its label: ${label})`}`;
  return explainRefusal({ ...facts, isFiltered: false }) ?? hint;
}
