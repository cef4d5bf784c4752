/** Turns the options of the logs monitor into a plan, while the user is still there to be told what is wrong with them. */
import { basename } from 'node:path';
import { messageOf, UsageError } from '../../errors.ts';
import type { PrepareContext, PreparedMonitor } from '../../plugin.ts';
import { mostKinds } from './condition/condition.ts';
import type { LogFiles } from './files/log-files.ts';
import { checkNamedFiles, findDefaultFiles } from './files/log-files.ts';
import { streamName } from './files/stream-source.ts';
import { readBack } from './journal/child.ts';
import { findJournal } from './journal/host.ts';
import type { LogsValues } from './options.ts';
import type { LogsPlan } from './plan.ts';
import { checkTexts, checkTimes, conditionWords } from './prepare-condition.ts';
import { rehearse } from './rehearsal.ts';
import { matchesOfEvents } from './unit-events.ts';

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
  if (values['no-files'] && !journal)
    throw new UsageError('nothing is left to watch: --no-files, and this host has no journal');
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
    // What systemd says of a unit, it says itself.
    namesProcess: journal !== undefined && events.length === 0 && plan.absentMs === undefined,
    ...(plan.distinct === undefined ? {} : { mayWait: mostKinds }),
    rehearse: () => rehearse(plan, remark),
  };
}

/** A renamed or copied rig, or a link to it, goes by another name in what sudo and others log of it. */
function echoPlan({ echo }: LogsValues): Pick<LogsPlan, 'echo' | 'names'> {
  if (echo) return { echo };
  return { names: [...new Set([process.execPath, process.argv0].map((path) => basename(path)))] };
}

function refuseContradictions(values: LogsValues): void {
  if (values['no-files'] && values.logfile) throw new UsageError('--no-files and --logfile exclude each other');
  if (values['no-journal'] && values.journal) throw new UsageError('--no-journal and --journal exclude each other');
  if (values['no-files'] && values['no-journal'])
    throw new UsageError('nothing is left to watch: --no-files and --no-journal together');
  const selecting = journalOnly.find((option) => values[option] !== undefined);
  if (selecting && values['no-journal'])
    throw new UsageError(`--no-journal and --${selecting} exclude each other: it selects journal entries`);
  if (values['unit-event'] && values.logfile)
    throw new UsageError('--unit-event and --logfile exclude each other: it selects journal entries');
}

/** Options that select journal entries. A line of a file has no priority and no fields: only named files are watched beside. */
const journalOnly = ['priority', 'journal-match', 'unit-event'] as const;

async function filesOf(values: LogsValues, context: PrepareContext): Promise<LogFiles> {
  if (values.logfile) return await checkNamedFiles(values.logfile, context);
  return { files: journalOnly.some((option) => values[option] !== undefined) ? [] : await findDefaultFiles() };
}

function fileWords({ files, patterns = [], streams = [] }: LogFiles): string[] {
  return [...files, ...patterns, ...streams.map(streamName)];
}

async function journalPlan(values: LogsValues, remark: (text: string) => void): Promise<LogsPlan['journal']> {
  const units = [...new Set(values.journal ?? []), ...selectionOf(values)];
  const found = await findJournal();
  if ('program' in found) {
    await checkUnits(found.program, units);
    return { program: found.program, units };
  }
  const needing = (['journal', ...journalOnly] as const).find((option) => values[option] !== undefined);
  if (needing) throw new UsageError(`--${needing}: there is no journal on this host: ${found.missing}`);
  if (!values['no-files']) remark(`no journal on this host (${found.missing}): only files are watched`);
  return undefined;
}

/** What selects entries beside the units, as arguments of journalctl. */
function selectionOf(values: LogsValues): string[] {
  const [unit] = (values.journal ?? []).filter((name) => name === '' || name.includes('='));
  if (unit !== undefined) throw new UsageError(`--journal: ${JSON.stringify(unit)} is no name of a unit`);
  const matches = values['journal-match'] ?? [];
  const wrong = matches.find((match) => !/^[A-Z0-9_]+=/.test(match));
  if (wrong !== undefined)
    throw new UsageError(`--journal-match: expected FIELD=VALUE, such as _UID=33, got ${JSON.stringify(wrong)}`);
  const priority = values.priority === undefined ? [] : [`--priority=${values.priority}`];
  return [...priority, ...matches, ...matchesOfEvents(values['unit-event'] ?? [])];
}

/** Has journalctl take the names as it will when it follows: a pattern that no unit fits is an error there. */
async function checkUnits(program: string, units: string[]): Promise<void> {
  if (units.length === 0) return;
  await readBack(program, units, { count: 1 }).catch((error: unknown) => {
    const options = units.map((unit) => (unit.includes('=') ? unit : `--journal ${unit}`));
    throw new UsageError(`${options.join(' ')}: ${messageOf(error)}`, { cause: error });
  });
}

function journalWords(values: LogsValues, journal: LogsPlan['journal']): string[] {
  if (!journal) return [];
  const units = values.journal ? [`of ${values.journal.join(' ')}`] : [];
  const priority = values.priority === undefined ? [] : [`of priority ${values.priority}`];
  const fields = values['journal-match'] ? [`with ${values['journal-match'].join(' ')}`] : [];
  return [['journal', ...units, ...priority, ...fields].join(' ')];
}
