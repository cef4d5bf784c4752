/** Turns the options of the logs monitor into a plan, while the user is still there to be told what is wrong with them. */
import { basename } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Asking } from '../../plugin.ts';
import { remarkOnEncodings } from './files/encodings.ts';
import type { LogFiles } from './files/log-files.ts';
import { checkNamedFiles, findDefaultFiles } from './files/log-files.ts';
import { streamName } from './files/stream-source.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';
import { journalWords, narrowing, planJournal } from './prepare-journal.ts';
import { planTexts, typedTexts } from './texts.ts';

/** Throws UsageError for what cannot be. */
export async function planLogs(values: LogsValues, ask: Asking): Promise<LogsPlan> {
  if (!values.files && values.journal === false)
    throw new UsageError('nothing is left to watch: --no-files and --no-journal together');
  const texts = planTexts(values, ask.remark);
  const journal = await planJournal(values, ask.remark);
  const files = values.files ? await planFiles(values, ask) : { files: [] };
  if (values.encoding === undefined) remarkOnEncodings(files.files, typedTexts(values), ask.remark);
  const events = values['unit-event'];
  return {
    ...texts,
    ...(events ? { events } : {}),
    watch: [...journalWords(values, journal), ...fileWords(files)].join(', '),
    ...echoPlan(values),
    ...files,
    intervalMs: values.interval,
    ...(journal ? { journal } : {}),
  };
}

/** A renamed or copied rig, or a link to it, goes by another name in what sudo and others log of it. */
function echoPlan({ echo }: LogsValues): Pick<LogsPlan, 'echo' | 'names'> {
  if (echo) return { echo };
  return { names: [...new Set([process.execPath, process.argv0].map((path) => basename(path)))] };
}

async function planFiles(values: LogsValues, ask: Asking): Promise<LogFiles> {
  if (values.logfile) return await checkNamedFiles(values.logfile, ask);
  const narrowedBy = narrowing(values);
  if (narrowedBy === undefined) return { files: await findDefaultFiles() };
  if (narrowedBy === 'journal') ask.remark('--journal: no file is watched; name those that should be with --logfile');
  return { files: [] };
}

function fileWords({ files, patterns = [], pseudoFiles = [], streams = [] }: LogFiles): string[] {
  return [...files, ...patterns, ...pseudoFiles, ...streams.map(streamName)];
}
