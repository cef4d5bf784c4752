/** The logs monitor: triggers when a line of a log file or of the systemd journal matches. */
import { defineMonitor, type Gives } from '../../plugin.ts';
import { lookBack } from './look-back.ts';
import { logsOptions } from './options.ts';
import type { LogsPlan } from './plan.ts';
import { planLogs } from './prepare.ts';
import { describeText, describeTexts } from './texts.ts';
import { watchLogs } from './watch.ts';

export const logs = defineMonitor({
  name: 'logs',
  summary: 'Trigger on a line in a log file or in the journal',
  options: logsOptions,
  hasSecondSlot: true,
  examples: [
    'rig logs --message "Out of memory" --sosreport',
    'rig logs -m "segfault at [0-9a-f]+" --journal nginx --gcore nginx',
    'rig logs -m "connection refused" -i --count 5 --logfile /var/log/app.log --no-journal --sosreport',
  ],
  plan: planLogs,
  describe: (plan) => ({
    watch: plan.watch,
    condition: describeTexts(plan),
    ...(plan.second ? { second: describeText(plan.second) } : {}),
    gives: givesOf(plan),
  }),
  lookBack: (plan, ask) => lookBack(plan, ask.remark),
  watch: watchLogs,
});

/** What systemd says of a unit, it says itself; and the processes of another journal are not of this host. */
function givesOf({ journal, events, files, patterns = [] }: LogsPlan): Gives[] {
  if (events) return [];
  if (journal && journal.dir === undefined) return ['process'];
  return files.length + patterns.length > 0 ? ['tagged process'] : [];
}
