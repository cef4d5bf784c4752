/** Which boot of this host it is. */
import { readFileSync } from 'node:fs';

/** Needed for every journal entry, and constant as long as this process lives. */
let bootId: string | undefined;

/** The id of this boot, as 32 hexadecimal digits like journald's; empty where it cannot be read. See boot_id in random(4). */
export function readBootId(): string {
  if (bootId !== undefined) return bootId;
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch {
    bootId = '';
  }
  return bootId;
}
