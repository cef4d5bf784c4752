/** A trigger as plain data. Its process may become known only after it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '../../json.ts';
import type { Facts, Trigger, TriggerProcess } from '../../plugin.ts';

/** How long a monitor has to find out which process a trigger is about. */
const processMs = 1000;

/** The process that a trigger is about; undefined if its monitor does not know it in time. Does not reject. */
export async function settled(process: Trigger['process']): Promise<TriggerProcess | undefined> {
  const late = delay(processMs, undefined, { ref: false });
  return await Promise.race([process, late]).catch(() => undefined);
}

/** A trigger for the manifest. */
export async function triggerFacts(trigger: Trigger): Promise<Facts> {
  const { process: known, ...facts } = trigger;
  const process = await known;
  return { ...(facts as { [key: string]: Json }), ...(process ? { process: { ...process } } : {}) };
}
