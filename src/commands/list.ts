import { UsageError } from '../errors.ts';
import type { OptionTable } from '../plugin.ts';
import { askRig } from '../rig/control.ts';
import { takeDownWith } from '../rig/leftover.ts';
import type { RigStatus } from '../rig/life.ts';
import { listIds, meet, type RigState } from '../rig/registry.ts';
import { formatAge, formatTable, visible } from '../text.ts';
import type { Command } from './command.ts';

/** A rig that does not answer within this time is shown as such. */
const answerMs = 1000;

/** What can be said of a rig that does not answer: what it was created with. */
function silentStatus({ pid, spec }: RigState) {
  const { id, created, monitor, actions } = spec;
  return {
    id,
    pid,
    monitor: monitor.name,
    watch: monitor.watch,
    condition: monitor.condition,
    actions: actions.map(({ name }) => name),
    status: 'not responding' as const,
    created,
    triggered: null,
    archive: null,
  };
}

type Row = Omit<RigStatus, 'status' | 'sources'> & { status: string };

/** Asks every rig of this host, side by side; what killed ones left is cleaned up on the way. */
async function askAll(tell: (text: string) => void): Promise<Row[]> {
  const asked = (await listIds()).map(async (id): Promise<Row | undefined> => {
    const state = await meet(id, takeDownWith(tell));
    if (!state) return undefined;
    try {
      const { sources: _, ...row } = (await askRig(id, { command: 'status' }, answerMs)) as RigStatus;
      return row;
    } catch {
      // It may have ended while it was asked; then it is no rig any more.
      return (await meet(id, takeDownWith(tell))) ? silentStatus(state) : undefined;
    }
  });
  return (await Promise.all(asked)).filter((row) => row !== undefined);
}

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
      visible(row.watch),
      visible(row.condition),
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
  examples: ['rig list', 'rig list --json'],
  run: async ({ json }, words) => {
    if (words.length > 0) throw new UsageError(`list takes no arguments, got ${JSON.stringify(words[0])}`);
    const rows = await askAll((text) => process.stderr.write(`rig: ${visible(text)}\n`));
    if (json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else if (rows.length === 0) process.stderr.write('rig: no rigs\n');
    else process.stdout.write(`${formatRows(rows)}\n`);
    return 0;
  },
};
