/** The way from a line to a trigger, gone once in advance: see Monitor.warmUp. */
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RigError } from '../../errors.ts';
import { writeNewFile } from '../../host/folders.ts';
import type { TriggerFacts } from '../../plugin.ts';
import { armLogs } from './watch.ts';

/** A line as syslog writes them, and an expression that it matches: all that is looked at in a line is looked at in this one. */
const line = 'Jan  1 00:00:00 localhost any[1]: warm-up\n';
const message = { text: 'warm.up', mode: 'either', ignoreCase: false } as const;

/** A busy host may take so long. */
const withinMs = 5000;

/**
 * Watches two files in `dir` as a rig does until a line in one of them triggers; gives what it fired. Rejects when none does, or
 * `signal` aborts before.
 */
export async function warmUpLogs(dir: string, signal: AbortSignal): Promise<TriggerFacts> {
  const files = [join(dir, 'first'), join(dir, 'second')] as const;
  for (const file of files) await writeNewFile(file, '');
  const fired = Promise.withResolvers<TriggerFacts>();
  const ignore = (): void => {};
  const watch = await armLogs(
    { message, count: 2, files: [...files] },
    {
      fire: (facts) => {
        fired.resolve(facts);
        return 'over';
      },
      holdReason: () => undefined,
      exhausted: ignore,
      remark: ignore,
      debug: ignore,
    },
  );
  try {
    // V8 compiles an expression to machine code when it is used for the second time.
    await appendFile(files[0], line.repeat(2));
    const facts = await Promise.race([fired.promise, delay(withinMs, undefined, { ref: false, signal })]);
    if (!facts) throw new RigError('nothing has triggered');
    await watch.stop();
    await (await watch.saveContext?.(dir, { ...facts, time: '', monitor: '' }))?.();
    return facts;
  } finally {
    await watch.stop();
  }
}
