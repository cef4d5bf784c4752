import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import type { EndStatus, FinishedRecord } from '../rig/records/rows.ts';
import { readEnded } from '../rig/recovery/ended.ts';
import { look } from '../rig/registry/meet.ts';
import { askRig, NoAnswer } from '../rig/wire/control.ts';
import { defineCommand, tell, throwFailures } from './command.ts';
import { deadWords } from './rows.ts';
import { idNote, idOption, matchAnyIds, selectIds, typedIds } from './select.ts';

const codeOf: Record<EndStatus, number> = {
  finished: 0,
  failed: 1,
  killed: 1,
  expired: 3,
  stopped: 4,
  destroyed: 4,
  shutdown: 4,
};
const failedCode = 1;
/** As timeout(1) has it. */
const timeoutCode = 124;

/** The exit code for several rigs is the first of these that one of them gives. */
const worstFirst = [timeoutCode, failedCode, codeOf.stopped, codeOf.expired];

const worstCode = (codes: number[]): number => worstFirst.find((code) => codes.includes(code)) ?? 0;

/** How soon to ask again after a rig hangs up because too many wait for it. */
const retryMs = 1000;

/** How long its guardian may take to clean up after a killed rig. */
const cleaningMs = 15_000;
const pollMs = 50;

/** Resolves to the record of a rig that has ended. Throws a RigError if it has none. */
async function recordOf(id: string): Promise<FinishedRecord> {
  const record = await readEnded(id);
  if (record) return record;
  throw new RigError(`${id}: it has ended, and no record says how`);
}

/** Resolves when the rig has ended, to its record; to undefined if `signal` aborts first. Throws a RigError if it has no record. */
async function waitFor(id: string, signal: AbortSignal): Promise<FinishedRecord | undefined> {
  let giveUpAt: number | undefined;
  while (!signal.aborted) {
    const found = await look(id);
    if (found.kind === 'none') return await recordOf(id);
    if (found.kind === 'foreign') throw new RigError(`${id}: a rig of another version; use the rig that made it`);
    if (found.kind !== 'live') {
      // Until its guardian is done, the record may be that of an earlier rig of this name.
      giveUpAt ??= performance.now() + cleaningMs;
      if (performance.now() > giveUpAt) throw new RigError(deadWords(id));
      await delay(pollMs, undefined, { signal }).catch(() => 'time is up');
      continue;
    }
    try {
      return (await askRig(id, 'wait', undefined, signal)) as FinishedRecord;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    if ((await look(id)).kind === 'live') await delay(retryMs, undefined, { signal }).catch(() => 'time is up');
  }
  return undefined;
}

const options = {
  timeout: { kind: 'duration', hint: 'TIME', summary: 'Wait no longer than this' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const wait = defineCommand({
  name: 'wait',
  onlyShows: true,
  usage: 'ID... [--timeout TIME]',
  summary: 'Wait until rigs have ended and print where their archives are',
  limitMs: () => undefined,
  options,
  notes: `${idNote} A rig that has ended is known for 30 days.
Exit codes: 0 it triggered and all went well, 1 it failed or was killed, 2 the command line is wrong, 3 expired,
4 stopped, destroyed, or ended by the host's shutdown, 124 it has not ended in time. For several rigs, the first of 124, 1, 4, 3 that one of them gives.`,
  examples: ['rig wait abcde', 'tar tf "$(rig wait web --timeout 1h)"'],
  run: async ({ timeout, id }, words) => {
    const { ids, failures } = await selectIds(typedIds('wait', words, id), matchAnyIds);
    const signal = timeout === undefined ? new AbortController().signal : AbortSignal.timeout(timeout);
    const codes: number[] = [];
    const waiting = ids.map(async (one) => {
      const record = await waitFor(one, signal);
      for (const path of record?.archives ?? []) process.stdout.write(`${path}\n`);
      for (const reason of record?.reasons ?? []) tell(`${one}: ${reason}`);
      if (!record) tell(`${one}: has not ended in time`);
      codes.push(record ? codeOf[record.status] : timeoutCode);
    });
    const results = await Promise.allSettled(waiting);
    throwFailures([...failures, ...results], worstCode([...codes, failedCode]));
    return worstCode(codes);
  },
});
