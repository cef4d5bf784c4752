import type { TestContext } from 'node:test';
import { Enclosure } from './enclosure.ts';
import { builtRig, startInit } from './init.ts';
import { treeFolder } from './trees.ts';

/**
 * Starts a bare Debian: a fresh view of a debootstrapped tree with /proc, /dev and /run, no Node, no network, and
 * nothing of this machine but the one file, which is /root/rig there.
 */
export async function startChroot(t: TestContext, { binary }: { binary?: string } = {}): Promise<Enclosure> {
  const init = await startInit('tree', [builtRig(binary), treeFolder('minbase')]);
  const chroot = new Enclosure({ init, rigPath: '/root/rig' });
  t.after(() => chroot.close());
  return chroot;
}
