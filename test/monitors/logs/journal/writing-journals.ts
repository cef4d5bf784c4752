/**
 * Journal files for the tests: written by systemd-journal-remote from entries in the export format, which may hold fields
 * that journald itself sets, and read by journalctl for comparison.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExportedEntry } from '../../../../src/monitors/logs/journal/journalctl/export.ts';
import { ExportParser } from '../../../../src/monitors/logs/journal/journalctl/export.ts';
import { randomFrom } from '../../../support/random.ts';

const remote = '/lib/systemd/systemd-journal-remote';

/** How a file is written; what systemd does by itself depends on its version. */
export interface FileForm {
  isCompact: boolean;
  hasKeyedHash: boolean;
  isCompressed: boolean;
}

export const allForms: FileForm[] = [true, false].flatMap((isCompact) =>
  [true, false].flatMap((hasKeyedHash) =>
    [true, false].map((isCompressed) => ({ isCompact, hasKeyedHash, isCompressed })),
  ),
);

export function nameOfForm({ isCompact, hasKeyedHash, isCompressed }: FileForm, recompressed?: string): string {
  const compression = recompressed ?? (isCompressed ? 'zstd' : 'plain');
  return `${isCompact ? 'compact' : 'regular'}, ${hasKeyedHash ? 'keyed' : 'unkeyed'}, ${compression}`;
}

export type Field = [name: string, value: string | Buffer];

/** Writes the entries into a new file in a folder, and gives its path. */
export function writeJournal(folder: string, entries: Field[][], form: FileForm = allForms[0] as FileForm): string {
  const path = join(folder, 'written.journal');
  const env = {
    ...process.env,
    SYSTEMD_JOURNAL_COMPACT: form.isCompact ? '1' : '0',
    SYSTEMD_JOURNAL_KEYED_HASH: form.hasKeyedHash ? '1' : '0',
  };
  const args = ['-o', path, `--compress=${form.isCompressed ? 'yes' : 'no'}`, '-'];
  const { status, stderr } = spawnSync(remote, args, { input: exported(entries), env });
  assert.equal(status, 0, String(stderr));
  return path;
}

const bootId = 'b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0';
const firstRealtimeUs = 1_700_000_000_000_000;

/** Each entry a millisecond after the one before. */
function exported(entries: Field[][]): Buffer {
  return Buffer.concat(
    entries.flatMap((fields, index) => [
      Buffer.from(`__REALTIME_TIMESTAMP=${firstRealtimeUs + index * 1000}\n`),
      Buffer.from(`__MONOTONIC_TIMESTAMP=${1_000_000 + index * 1000}\n_BOOT_ID=${bootId}\n`),
      ...fields.flatMap(([name, value]) => exportedField(name, Buffer.from(value))),
      Buffer.from('\n'),
    ]),
  );
}

function exportedField(name: string, value: Buffer): Buffer[] {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return [Buffer.from(`${name}\n`), length, value, Buffer.from('\n')];
}

/** What journalctl shows of a file, with further arguments. */
export function readByJournalctl(path: string, args: string[] = []): ExportedEntry[] {
  const all = ['--file', path, '--output=export', '--all', '--quiet', '--no-pager', ...args];
  const { status, stdout, stderr } = spawnSync('journalctl', all, { maxBuffer: 1 << 30 });
  assert.equal(status, 0, String(stderr));
  const entries: ExportedEntry[] = [];
  new ExportParser((entry) => entries.push(entry)).push(stdout);
  return entries;
}

export const units = [
  'nginx.service',
  'foo@1.service',
  'foo@2.service',
  'a\\x2db.service',
  'ssh.socket',
  'system.slice',
];
const words = ['alpha', 'failed', 'error', 'timeout', 'kernel', 'refused', 'ünïcode', '日本', 'segfault'];

/** Entries of every kind that was thought of, the same for the same seed. */
export function variedEntries(seed: number, count: number): Field[][] {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const oneOf = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
  const text = (length: number): string => Array.from({ length }, () => oneOf(words)).join(' ');
  const binary = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  const message = (): string | Buffer =>
    oneOf([
      () => `${text(1 + below(12))} ${below(1e6)}`,
      () => oneOf(words),
      () => '',
      () => `line one\nline two ${below(9)}\n\nlast`,
      () => binary(1 + below(300)),
      () => binary(500 + below(3000)),
      () => 'x'.repeat(oneOf([503, 504, 505, 511, 512, 513, 4096, 65535, 65536])),
      () => text(50 + below(2000)),
    ])();
  return Array.from({ length: count }, () => {
    const fields: Field[] = Array.from({ length: oneOf([1, 1, 1, 1, 1, 1, 2, 3]) }, () => ['MESSAGE', message()]);
    const sometimes = (chance: number, name: string, value: string | Buffer): void => {
      if (random() < chance) fields.push([name, value]);
    };
    sometimes(0.9, 'PRIORITY', String(below(8)));
    sometimes(0.9, 'SYSLOG_IDENTIFIER', oneOf(['app', 'sshd', 'cron', 'systemd']));
    sometimes(0.8, '_PID', String(oneOf([1, 1, 2, 4711])));
    // None of the system's own but root: rig believes those of a core dump, and journalctl does not.
    sometimes(0.8, '_UID', String(oneOf([0, 0, 65534, 1000])));
    for (const name of ['_SYSTEMD_UNIT', '_SYSTEMD_SLICE', 'UNIT', 'COREDUMP_UNIT', 'OBJECT_SYSTEMD_UNIT'])
      sometimes(0.3, name, oneOf(units));
    sometimes(0.3, 'MESSAGE_ID', oneOf(['fc2e22bc6ee647b6b90729ab34a250b1', 'd9b373ed55a64feb8242e02dbe79a49c']));
    sometimes(0.1, 'BLOB', binary(1 + below(2000)));
    return fields;
  });
}
