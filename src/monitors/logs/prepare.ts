/** Turns the options of the logs monitor into a plan, while the user is still there to be told what is wrong with them. */
import { basename } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { PrepareContext, PreparedMonitor } from '../../plugin.ts';
import { mostKinds } from './condition/condition.ts';
import type { LogFiles } from './files/log-files.ts';
import { checkNamedFiles, findDefaultFiles } from './files/log-files.ts';
import { streamName } from './files/stream-source.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';
import { checkTexts, checkTimes, conditionWords } from './prepare-condition.ts';
import { journalOnly, journalPlan, journalWords } from './prepare-journal.ts';
import { rehearse } from './rehearsal.ts';

/** Throws UsageError for what cannot be. */
export async function prepareLogs(values: LogsValues, context: PrepareContext): Promise<PreparedMonitor<LogsPlan>> {
  const { remark } = context;
  if (values.distinct !== undefined && !context.isRestarting)
    throw new UsageError('--distinct goes with --restart: each kind of line is a trigger of its own');
  const texts = checkTexts(values, remark);
  const times = checkTimes(values);
  refuseContradictions(values);
  const journal = values['no-journal'] ? undefined : await journalPlan(values, remark);
  const watched = values['no-files'] ? { files: [] } : await filesOf(values, context);
  const interval = values.interval === undefined ? {} : { intervalMs: values.interval };
  const plan: LogsPlan = {
    ...texts,
    ...times,
    ...echoPlan(values),
    ...watched,
    ...interval,
    ...(journal ? { journal } : {}),
  };
  const events = values['unit-event'] ?? [];
  return {
    plan,
    watch: [...journalWords(values, journal), ...fileWords(watched)].join(', '),
    condition: conditionWords(plan, events),
    // What systemd says of a unit, it says itself; and the processes of another journal are not of this host.
    namesProcess:
      journal !== undefined && journal.dir === undefined && events.length === 0 && plan.absentMs === undefined,
    ...(plan.distinct === undefined ? {} : { mayWait: mostKinds }),
    rehearse: async () => await rehearse(plan, remark),
  };
}

/** A renamed or copied rig, or a link to it, goes by another name in what sudo and others log of it. */
function echoPlan({ echo }: LogsValues): Pick<LogsPlan, 'echo' | 'names'> {
  if (echo) return { echo };
  return { names: [...new Set([process.execPath, process.argv0].map((path) => basename(path)))] };
}

function refuseContradictions(values: LogsValues): void {
  if (values['no-files'] && values.logfile) throw new UsageError('--no-files and --logfile exclude each other');
  const about = [...(['journal', 'journal-reader', 'journal-latency'] as const)].find(
    (option) => values[option] !== undefined,
  );
  if (values['no-journal'] && about) throw new UsageError(`--no-journal and --${about} exclude each other`);
  if (values['no-files'] && values['no-journal'])
    throw new UsageError('nothing is left to watch: --no-files and --no-journal together');
  const selecting = journalOnly.find((option) => values[option] !== undefined);
  if (selecting && values['no-journal'])
    throw new UsageError(`--no-journal and --${selecting} exclude each other: it selects journal entries`);
  if (values['unit-event'] && values.logfile)
    throw new UsageError('--unit-event and --logfile exclude each other: it selects journal entries');
}

async function filesOf(values: LogsValues, context: PrepareContext): Promise<LogFiles> {
  if (values.logfile) return await checkNamedFiles(values.logfile, context);
  return { files: journalOnly.some((option) => values[option] !== undefined) ? [] : await findDefaultFiles() };
}

function fileWords({ files, patterns = [], pseudoFiles = [], streams = [] }: LogFiles): string[] {
  return [...files, ...patterns, ...pseudoFiles, ...streams.map(streamName)];
}
