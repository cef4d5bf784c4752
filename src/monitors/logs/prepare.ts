/** Turns the options of the logs monitor into a plan, while the user is still there to be told what is wrong with them. */
import { messageOf, UsageError } from '../../errors.ts';
import type { PrepareContext, PreparedMonitor, Values } from '../../plugin.ts';
import { readBack } from './journal-child.ts';
import { findJournal } from './journal-host.ts';
import { checkNamedFiles, findDefaultFiles } from './log-files.ts';
import type { MessageOptions } from './matcher.ts';
import { checkMessage } from './matcher.ts';
import type { logsOptions } from './options.ts';
import type { LogsPlan } from './plan.ts';
import { rehearse } from './rehearsal.ts';

export type LogsValues = Values<typeof logsOptions>;

/** Throws UsageError for what cannot be. */
export async function prepareLogs(values: LogsValues, { remark }: PrepareContext): Promise<PreparedMonitor<LogsPlan>> {
  const message = checkMessage(messageOptions(values), remark);
  refuseContradictions(values);
  const journal = values['no-journal'] ? undefined : await journalPlan(values, remark);
  const files = values['no-files'] ? [] : await filesOf(values, remark);
  if (files.length === 0 && !journal)
    throw new UsageError('nothing is left to watch: --no-files, and this host has no journal');
  const count = values.count ?? 1;
  const plan: LogsPlan = { message, count, files, ...(journal ? { journal } : {}) };
  return {
    plan,
    watch: [...journalWords(journal), ...files].join(', '),
    condition: conditionWords(message, count),
    namesProcess: journal !== undefined,
    rehearse: () => rehearse(plan, remark),
  };
}

function messageOptions(values: LogsValues): MessageOptions {
  const {
    message: text,
    'fixed-strings': isPlain,
    'extended-regexp': isExpression,
    'ignore-case': ignoreCase,
  } = values;
  if (!text) throw new UsageError('--message is needed: the text to wait for');
  if (isPlain && isExpression) throw new UsageError('--fixed-strings and --extended-regexp exclude each other');
  return { text, mode: isPlain ? 'plain' : isExpression ? 'expression' : 'either', ignoreCase };
}

function refuseContradictions(values: LogsValues): void {
  if (values['no-files'] && values.logfile) throw new UsageError('--no-files and --logfile exclude each other');
  if (values['no-journal'] && values.journal) throw new UsageError('--no-journal and --journal exclude each other');
  if (values['no-files'] && values['no-journal'])
    throw new UsageError('nothing is left to watch: --no-files and --no-journal together');
}

async function filesOf(values: LogsValues, remark: (text: string) => void): Promise<string[]> {
  return values.logfile ? checkNamedFiles(values.logfile, remark) : findDefaultFiles();
}

async function journalPlan(values: LogsValues, remark: (text: string) => void): Promise<LogsPlan['journal']> {
  const units = [...new Set(values.journal ?? [])];
  if (units.includes('')) throw new UsageError('--journal: a unit name is empty');
  const found = await findJournal();
  if ('program' in found) {
    await checkUnits(found.program, units);
    return { program: found.program, units };
  }
  if (values.journal) throw new UsageError(`--journal: there is no journal on this host: ${found.missing}`);
  if (!values['no-files']) remark(`no journal on this host (${found.missing}): only files are watched`);
  return undefined;
}

/** Has journalctl take the names as it will when it follows: a pattern that no unit fits is an error there. */
async function checkUnits(program: string, units: string[]): Promise<void> {
  if (units.length === 0) return;
  await readBack(program, units, { count: 1 }).catch((error: unknown) => {
    throw new UsageError(`--journal ${units.join(',')}: ${messageOf(error)}`, { cause: error });
  });
}

function journalWords(journal: LogsPlan['journal']): string[] {
  if (!journal) return [];
  return [journal.units.length === 0 ? 'journal' : `journal of ${journal.units.join(' ')}`];
}

function conditionWords({ text, mode, ignoreCase }: MessageOptions, count: number): string {
  const kind = { plain: 'plain text ', expression: 'expression ', either: '' }[mode];
  const quoted = JSON.stringify(text);
  return `${kind}${quoted}${ignoreCase ? ', any case' : ''}${count === 1 ? '' : `, ${count} times`}`;
}
