/** The logs monitor: triggers when a line of a log file or of the systemd journal matches. */
import { defineMonitor } from '../../plugin.ts';
import { logsOptions } from './options.ts';
import { prepareLogs } from './prepare.ts';
import { warmUpLogs } from './warm-up.ts';
import { armLogs } from './watch.ts';

export const logs = defineMonitor({
  name: 'logs',
  summary: 'Trigger on a line in a log file or in the journal',
  options: logsOptions,
  examples: [
    'rig logs --message "Out of memory" --sosreport',
    'rig logs -m "segfault at [0-9a-f]+" --journal nginx --gcore nginx',
    'rig logs -m "connection refused" -i --count 5 --logfile /var/log/app.log --no-journal --sosreport',
  ],
  prepare: prepareLogs,
  arm: armLogs,
  warmUp: warmUpLogs,
});
