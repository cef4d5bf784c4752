import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { formatAge } from '../options/units.ts';
import type { RigStatus } from '../rig/life/starter.ts';
import type { FinishedRecord } from '../rig/records/rows.ts';

import { listEnded, readEnded } from '../rig/recovery/ended.ts';
import { listNames, look, type RunningRig } from '../rig/registry/meet.ts';
import { askRig } from '../rig/wire/control.ts';
import { type Column, formatTable } from '../terminal/table.ts';
import { hasColour, isRead, terminalWidth } from '../terminal/terminal.ts';
import { jsonText } from '../terminal/text.ts';
import { commandMs, defineCommand, tell, throwFailures } from './command.ts';
import { deadRow, deadWords, foreignRow, type Row, silentRow } from './rows.ts';

/** A rig that does not answer within this time is shown as such. */
const answerMs = 1000;

/** How often --watch looks. */
const watchMs = 2000;

/** Asks a rig that runs; undefined if it has ended meanwhile. */
async function askRunning(id: string, found: RunningRig): Promise<Row | undefined> {
  if (found.kind === 'foreign') return foreignRow(id, found);
  try {
    const { sources: _, gaps: __, ...row } = (await askRig(id, 'status', answerMs)) as RigStatus;
    return row;
  } catch {
    // It may have ended while it was asked.
    return (await look(id)).kind === 'live' ? await silentRow(found.state) : undefined;
  }
}

/** The row of one rig; undefined if there is none (any more). */
async function askOne(id: string): Promise<Row | undefined> {
  const found = await look(id);
  if (found.kind === 'live' || found.kind === 'foreign') return await askRunning(id, found);
  const row = found.kind === 'dead' ? deadRow(found) : undefined;
  if (row) tell(deadWords(id));
  return row;
}

/** The rigs that run, and with `all` those that have ended, oldest first. */
async function readRows(
  all: boolean,
): Promise<{ rows: (Row | FinishedRecord)[]; results: PromiseSettledResult<unknown>[] }> {
  const results = await Promise.allSettled((await listNames()).map(askOne));
  const rows = results.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
  // Last: a rig may end while it is asked.
  const records = all ? await Promise.all((await listEnded()).map(readEnded)) : [];
  const ended = records.filter((record) => record !== undefined);
  ended.sort((a, b) => Date.parse(a.ended) - Date.parse(b.ended));
  return { rows: [...rows, ...ended], results };
}

const colours: Record<string, number> = {
  starting: 33,
  watching: 32,
  collecting: 33,
  unknown: 31,
  finished: 32,
  failed: 31,
  killed: 31,
  shutdown: 33,
};

/** A status in its colour: console_codes(4), ECMA-48 SGR. */
function paintStatus(status: string): string {
  const colour = colours[status];
  return colour === undefined ? status : `\x1b[${colour}m${status}\x1b[0m`;
}

function formatRows(rows: (Row | FinishedRecord)[], all: boolean): string {
  const now = Date.now();
  const columns: Column[] = [
    { heading: 'ID' },
    { heading: 'PID', goes: 2 },
    { heading: 'OWNER', goes: 0 },
    { heading: 'MONITOR', goes: 1 },
    { heading: 'WATCHES', least: 6, goes: 6 },
    { heading: 'CONDITION', least: 6 },
    { heading: 'ACTIONS', least: 7, goes: 4 },
    { heading: 'STATUS', ...(hasColour() ? { paint: paintStatus } : {}) },
    { heading: 'AGE', goes: 3 },
    ...(all ? [{ heading: 'ARCHIVE', least: 6, goes: 5 }] : []),
  ];
  const cells = rows.map((row) => [
    row.id,
    'ended' in row ? '-' : String(row.pid),
    row.owner ?? '-',
    row.monitors.map(({ monitor }) => monitor).join(', '),
    row.monitors.map(({ watch }) => watch).join('; '),
    row.monitors.map(({ condition }) => condition).join('; '),
    row.actions.join(','),
    row.status,
    row.created === null ? '-' : formatAge(now - Date.parse(row.created)),
    row.archive ?? '-',
  ]);
  return formatTable(columns, cells, terminalWidth());
}

/** Tells how to arm the rigs again that the host's shutdown has ended. */
function tellShutdown(rows: (Row | FinishedRecord)[]): void {
  const ids = rows.filter(({ status }) => status === 'shutdown').map(({ id }) => id);
  if (ids.length > 0)
    tell(`${ids.join(', ')}: ended by the host's shutdown; rig info ID has the command line that arms it again`);
}

/** Prints the rigs once. Returns what came of asking each of them. */
async function show(all: boolean, json: boolean, before = ''): Promise<PromiseSettledResult<unknown>[]> {
  const { rows, results } = await readRows(all);
  if (json) process.stdout.write(`${before}${jsonText(rows)}\n`);
  else if (rows.length > 0) {
    process.stdout.write(`${before}${formatRows(rows, all)}\n`);
    tellShutdown(rows);
  } else {
    process.stdout.write(before);
    if (results.every(({ status }) => status === 'fulfilled')) tell('no rigs');
  }
  return results;
}

/** Prints the rigs every two seconds, until Ctrl-C or until nobody reads them. Resolves to the exit code. */
async function watch(all: boolean, json: boolean): Promise<number> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  // Home and erase: console_codes(4).
  const clear = process.stdout.isTTY ? '\x1b[H\x1b[2J\x1b[3J' : '';
  while (isRead()) {
    await show(all, json, clear);
    await delay(watchMs, undefined, { signal: interrupted.signal }).catch(() => 'interrupted');
    if (interrupted.signal.aborted) return 130;
  }
  return 0;
}

const options = {
  all: { kind: 'flag', summary: 'Show ended rigs too, and where their archives are' },
  watch: { kind: 'flag', summary: 'Look again every 2 seconds; Ctrl-C ends it' },
  json: { kind: 'flag', summary: 'Print a JSON array' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const list = defineCommand({
  name: 'list',
  onlyShows: true,
  usage: '[--all] [--watch] [--json]',
  summary: 'Show the rigs of this host',
  limitMs: ({ watch: again }) => (again ? undefined : commandMs),
  options,
  notes: `A narrow terminal cuts columns or leaves them out; rig info ID shows everything. AGE counts from creation.
Exit codes: 0 done, 1 a rig could not be asked, 2 the command line is wrong, 130 --watch was ended by Ctrl-C.`,
  examples: ['rig list', 'rig list --all', 'rig list --json'],
  run: async ({ all, watch: again, json }, words) => {
    if (words.length > 0) throw new UsageError(`list takes no arguments, got ${JSON.stringify(words[0])}`);
    if (again) return await watch(all, json);
    throwFailures(await show(all, json));
    return 0;
  },
});
