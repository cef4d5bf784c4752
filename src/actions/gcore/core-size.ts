/** How large a core will be, and how long the process stands still for it. */
import { type Mapping, readMappings } from '../../host/processes/mappings.ts';
import { readDumpFilter } from '../../host/processes/status.ts';

/** The bits of core(5), "Controlling which mappings are written to the core dump". */
const anonymousPrivate = 1 << 0;
const anonymousShared = 1 << 1;
const filePrivate = 1 << 2;
const fileShared = 1 << 3;
const elfHeaders = 1 << 4;
const hugePrivate = 1 << 5;
const hugeShared = 1 << 6;

/** What gdb takes for memory without a file: the file was removed, or never was one. */
const withoutFile = /^$|^\/dev\/zero|^\/?SYSV[0-9a-fA-F]{8}| \(deleted\)$/;

/** Whether gdb writes a mapping, given the filter. It writes the whole of it: untouched pages as zeros. */
function isWritten(mapping: Mapping, filter: number, programs: ReadonlySet<string>): boolean {
  const { isPrivate, path, offset, hasAnonymous, flags } = mapping;
  if (path === '[vdso]' || path === '[vsyscall]') return true;
  // Devices, and what the program has asked to leave out: madvise(2), MADV_DONTDUMP.
  if (flags.has('io') || flags.has('dd')) return false;
  if (flags.has('ht')) return (filter & (isPrivate ? hugePrivate : hugeShared)) !== 0;
  const hasFile = !withoutFile.test(path);
  const anonymous = isPrivate ? anonymousPrivate : anonymousShared;
  const ofFile = isPrivate ? filePrivate : fileShared;
  const wanted = (hasAnonymous || !hasFile ? anonymous : 0) | (hasFile ? ofFile : 0);
  // The start of a program or a library, which tells what it is.
  const isHeader = isPrivate && offset === 0 && programs.has(path);
  return (filter & (wanted | (isHeader ? elfHeaders : 0))) !== 0;
}

/** How many bytes of the mappings gdb writes, by the dump filter of core(5). */
export function sizeOfCore(mappings: readonly Mapping[], filter: number): number {
  const programs = new Set(mappings.filter(({ isExecutable }) => isExecutable).map(({ path }) => path));
  return mappings.reduce((sum, mapping) => sum + (isWritten(mapping, filter, programs) ? mapping.size : 0), 0);
}

/** How large the core of a process will be, in bytes. 0 if the process is gone, or it could not be learned in time. */
export async function estimateCore(pid: number): Promise<number> {
  return sizeOfCore(await readMappings(pid), readDumpFilter(pid) ?? 0);
}

/** What gdb writes in a second where the disk is no brake: 0.6 to 1 GB were measured. */
const bytesPerMs = 700_000;
/** How long it takes to attach and to let go. */
const attachMs = 200;

/** How long a process stands still, in milliseconds, for a core of this many bytes; longer on a slow disk. */
export const estimatePause = (bytes: number): number => attachMs + bytes / bytesPerMs;
