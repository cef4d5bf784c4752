/** How large a core will be. */
import { readDumpFilter, readMemory } from '../../host/processes/status.ts';

/** The bits of core(5), "Controlling which mappings are written to the core dump". */
const anonymousPrivate = 1 << 0;
const anonymousShared = 1 << 1;
const filePrivate = 1 << 2;
const fileShared = 1 << 3;

/**
 * How large the core of a process will be at least, in bytes: the memory and swap of the mappings that its dump filter selects.
 * 0 if the process is gone.
 */
export function estimateCore(pid: number): number {
  const { anonymous, swapped, shared, ofFiles } = readMemory(pid);
  const filter = readDumpFilter(pid) ?? 0;
  return (
    (filter & anonymousPrivate ? anonymous + swapped : 0) +
    (filter & anonymousShared ? shared : 0) +
    (filter & (filePrivate | fileShared) ? ofFiles : 0)
  );
}
