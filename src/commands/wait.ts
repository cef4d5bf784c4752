import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import type { EndStatus, FinishedRecord } from '../rig/records/rows.ts';
import { takeDownWith } from '../rig/recovery/leftover.ts';
import { listFinished, readRecord } from '../rig/registry/finished.ts';
import { findLive, listIds, untilCleaned } from '../rig/registry/meet.ts';
import { askRig, NoAnswer } from '../rig/wire/control.ts';
import { defineCommand, tell, throwFailures } from './command.ts';
import { idNote, idOption, matchAnyIds, selectIds, typedIds } from './select.ts';

const codeOf: Record<EndStatus, number> = { finished: 0, failed: 1, expired: 3, destroyed: 4 };
const failedCode = 1;
/** As timeout(1) has it. */
const timeoutCode = 124;

/** Of several rigs it is the first of these that any of them gives. */
const worstFirst = [timeoutCode, failedCode, codeOf.destroyed, codeOf.expired];

/** The exit code for several rigs: that of the one that went worst. */
export const worstCode = (codes: number[]): number => worstFirst.find((code) => codes.includes(code)) ?? 0;

/** A rig that hangs up on its waiters while it lives has too many of them. */
const retryMs = 1000;

/** How the rig ended, as soon as it has; undefined when `signal` aborts first. Throws a RigError where nothing can say it. */
async function waitFor(id: string, signal: AbortSignal): Promise<FinishedRecord | undefined> {
  while (!signal.aborted) {
    // What a killed daemon left is put in order here, and a record written.
    if (!(await findLive(id, takeDownWith(tell)))) {
      // Until then there may be the record of an earlier rig of this name.
      await untilCleaned(id);
      const record = await readRecord(id);
      if (record) return record;
      throw new RigError(`${id}: it has ended, and no record says how`);
    }
    const asked = askRig(id, 'wait', undefined, signal);
    const answer = await asked.catch((error) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
    if (answer !== undefined) return answer as FinishedRecord;
    if (await findLive(id, takeDownWith(tell))) await delay(retryMs, undefined, { signal }).catch(() => 'time is up');
  }
  return undefined;
}

const options = {
  timeout: { kind: 'duration', hint: 'TIME', summary: 'Wait no longer than that' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const wait = defineCommand({
  name: 'wait',
  usage: 'ID... [--timeout TIME]',
  summary: 'Wait until rigs have ended and print where their archives are',
  options,
  notes: `${idNote} One that has ended already is known until the next reboot.
Exit codes: 0 it triggered and all went well, 1 it failed, 2 the command line is wrong, 3 expired, 4 destroyed,
124 it has not ended in time. Of several rigs, the first of 124, 1, 4, 3 that one of them gives.`,
  examples: ['rig wait abcde', 'tar tf "$(rig wait web --timeout 1h)"'],
  run: async ({ timeout, id }, words) => {
    const typed = typedIds('wait', words, id);
    const [live, ended] = [await listIds(), await listFinished()];
    const { ids, failures } =
      typed === 'all' ? { ids: live, failures: [] } : selectIds(typed, (word) => matchAnyIds(word, live, ended));
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
