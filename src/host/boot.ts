/** Which boot of this host it is. */
import { readFileSync } from 'node:fs';

let bootId: string | undefined;

/** This boot's id, 32 hexadecimal digits as journald writes it; empty where it cannot be read. See random(4), boot_id. */
export function readBootId(): string {
  if (bootId !== undefined) return bootId;
  try {
    bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().replaceAll('-', '');
  } catch {
    bootId = '';
  }
  return bootId;
}
