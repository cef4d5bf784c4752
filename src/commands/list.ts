import { UsageError } from '../errors.ts';
import type { OptionTable } from '../plugin.ts';
import { askRig } from '../rig/control.ts';
import { takeDownWith } from '../rig/leftover.ts';
import type { RigStatus } from '../rig/life.ts';
import { findLive, listIds, type RigRow, rowOf } from '../rig/registry.ts';
import { formatAge, formatTable, visible } from '../text.ts';
import { type Command, tell, tellFailures } from './command.ts';

/** A rig that does not answer within this time is shown as such. */
const answerMs = 1000;

type Row = RigRow & { status: string };

/** Asks one rig; undefined when there is none any more. What a killed one left is cleaned up on the way. */
async function askOne(id: string): Promise<Row | undefined> {
  const state = await findLive(id, takeDownWith(tell));
  if (!state) return undefined;
  try {
    const { sources: _, ...row } = (await askRig(id, { command: 'status' }, answerMs)) as RigStatus;
    return row;
  } catch {
    // It may have ended while it was asked; then it is no rig any more.
    return (await findLive(id, takeDownWith(tell))) ? { ...rowOf(state), status: 'not responding' } : undefined;
  }
}

/** No column is wider: a long message must not push the others off the screen. */
const widest = 60;
const cut = (text: string): string => (text.length > widest ? `${text.slice(0, widest - 1)}…` : text);

function formatRows(rows: Row[]): string {
  const now = Date.now();
  return formatTable(
    ['ID', 'PID', 'STATUS', 'AGE', 'MONITOR', 'WATCHES', 'CONDITION', 'ACTIONS'],
    rows.map((row) => [
      row.id,
      String(row.pid),
      row.status,
      formatAge(now - Date.parse(row.created)),
      row.monitor,
      cut(visible(row.watch)),
      cut(visible(row.condition)),
      row.actions.join(','),
    ]),
  );
}

const options = {
  json: { kind: 'flag', summary: 'Print a JSON array' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const list: Command<typeof options> = {
  name: 'list',
  usage: '[--json]',
  summary: 'Show the rigs of this host',
  groups: [{ title: 'Options', options }],
  notes: 'Exit codes: 0 done, 1 a rig could not be asked, 2 the command line is wrong.',
  examples: ['rig list', 'rig list --json'],
  run: async ({ json }, words) => {
    if (words.length > 0) throw new UsageError(`list takes no arguments, got ${JSON.stringify(words[0])}`);
    const results = await Promise.allSettled((await listIds()).map(askOne));
    const rows = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
    const failed = tellFailures(results);
    if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else if (rows.length === 0) process.stderr.write('rig: no rigs\n');
    else process.stdout.write(`${formatRows(rows)}\n`);
    return failed ? 1 : 0;
  },
};
