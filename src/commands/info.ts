import { messageOf, RigError } from '../errors.ts';
import { describeState } from '../host/processes/describe-state.ts';
import { findKin } from '../host/processes/kin.ts';
import { readUsage, type Usage } from '../host/processes/usage.ts';
import type { Json } from '../json.ts';
import type { OptionTable } from '../options/table.ts';
import type { Facts, Plugins } from '../plugin.ts';
import { readRigLog } from '../rig/log/read-log.ts';
import { commandLineOf, type Owner, type RigState } from '../rig/records/rows.ts';
import { readEnded } from '../rig/recovery/ended.ts';
import { look, type RunningRig, readPrograms } from '../rig/registry/meet.ts';
import { lifeOfOwner } from '../rig/registry/state-file.ts';
import { askRig } from '../rig/wire/control.ts';
import { jsonText, visible } from '../terminal/text.ts';
import { formatTree } from '../terminal/tree.ts';
import { type Command, defineCommand, tell } from './command.ts';
import { deadRow, deadWords, foreignRow, silentRow } from './rows.ts';
import { findAnyId, idNote, idOption, typedId } from './select.ts';

/** A rig that does not answer within this time is shown as such. */
const answerMs = 1000;

/** How many of the log's last lines are shown. */
const shownLines = 10;

/** What is known about a rig. */
interface Known {
  facts: Facts;
  /** Why something is missing. */
  problem?: string;
}

/** Plain data without what is undefined. */
const asJson = (value: object): Facts => JSON.parse(JSON.stringify(value)) as Facts;

/** What the daemon uses, and what each program uses that it has started. */
async function readProcesses(id: string, owner: Owner): Promise<{ process: Usage | null; children: Usage[] }> {
  const children: Usage[] = [];
  for (const { pid } of findKin(await readPrograms(id, owner))) {
    const usage = await readUsage(pid);
    if (usage) children.push(usage);
  }
  return { process: (await readUsage(owner.pid)) ?? null, children };
}

/** What each action will leave in its folder of the archive. */
async function describeActions({ spec }: RigState, { actions }: Plugins): Promise<Facts> {
  const described: Facts = {};
  for (const { name, plan } of spec.actions) {
    const estimate = await actions.find((action) => action.name === name)?.estimate?.(plan);
    described[name] = estimate?.leaves ?? 'what it collects';
  }
  return described;
}

async function describeLive(id: string, state: RigState, plugins: Plugins): Promise<Known> {
  const [answer, usage] = await Promise.allSettled([askRig(id, 'status', answerMs), readProcesses(id, state)]);
  const status = answer.status === 'fulfilled' ? (answer.value as object) : await silentRow(state);
  const commandLine = commandLineOf(state.spec);
  const processes = usage.status === 'fulfilled' ? usage.value : {};
  const produces = await describeActions(state, plugins);
  const facts = { ...status, commandLine, produces, ...processes, spec: state.spec };
  if (answer.status === 'fulfilled') return { facts: asJson(facts) };
  const doing =
    lifeOfOwner(state) === 'unknown'
      ? 'its process cannot be seen from here (a container?)'
      : await describeState(state.pid);
  return { facts: asJson(facts), problem: [messageOf(answer.reason), doing].filter(Boolean).join(': ') };
}

async function describeForeign(id: string, found: Extract<RunningRig, { kind: 'foreign' }>): Promise<Known> {
  const facts = { ...foreignRow(id, found), ...(await readProcesses(id, found.owner)), state: found.said };
  const problem = `${id}: a rig of another version, which only that version can ask; rig destroy ends it`;
  return { facts: asJson(facts), problem };
}

/** Everything that is known about a rig, running or ended. Throws a RigError if nothing is. */
async function describe(id: string, plugins: Plugins): Promise<Known> {
  const found = await look(id);
  if (found.kind === 'live') return await describeLive(id, found.state, plugins);
  if (found.kind === 'foreign') return await describeForeign(id, found);
  const row = found.kind === 'dead' ? deadRow(found) : undefined;
  if (row) return { facts: asJson(row), problem: deadWords(id) };
  const record = await readEnded(id);
  if (!record) throw new RigError(`${id}: it has ended, and no record says how`);
  return { facts: asJson(record) };
}

/** What a process has used, in words. */
function describeUsage(usage: Json | undefined): string {
  const { pid, privateBytes, cpuSeconds } = usage as unknown as Usage;
  return `pid ${pid}, ${(privateBytes / 2 ** 20).toFixed(1)} MB of private memory, ${cpuSeconds.toFixed(2)} s of CPU`;
}

/** The spec without what `rig info` says elsewhere. */
function shortSpec(spec: Json | undefined): Json {
  const { id: _id, created: _created, owner: _owner, tty: _tty, commandLine: _line, ...rest } = spec as Facts;
  return rest;
}

/** The facts for people. The log comes last. */
function format({ log, ...facts }: Facts): string {
  const { sources, process: own, children, spec, ...rest } = facts;
  const named = {
    ...(own ? { process: describeUsage(own) } : {}),
    ...(Array.isArray(children) ? { children: children.map(describeUsage).join('; ') } : {}),
    ...(Array.isArray(sources) ? { sources: byName(sources) } : {}),
    ...(spec ? { spec: shortSpec(spec) } : {}),
  };
  const logged = Array.isArray(log) ? log.map((line) => `  ${visible(String(line))}`) : [];
  return [...formatTree({ ...rest, ...named }), 'log', ...logged].map((line) => `${line}\n`).join('');
}

/** Sources under their names. Two may have the same one: a file, and the file that it was before rotation. */
function byName(sources: Json[]): Facts {
  const named: Facts = {};
  for (const entry of sources) {
    const { source = 'source', ...rest } = entry as Facts;
    let name = String(source);
    while (name in named) name = `${name} `;
    named[name] = rest;
  }
  return named;
}

const options = {
  json: { kind: 'flag', summary: 'Print a JSON object' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

/** `rig info`. It asks the actions what they would leave. */
export const infoCommand = (plugins: Plugins): Command =>
  defineCommand({
    name: 'info',
    onlyShows: true,
    usage: 'ID [--json]',
    summary: 'Show everything about a rig, or how it ended',
    options,
    notes: `${idNote} A rig that has ended is known for 30 days.
Exit codes: 0 done, 1 not everything could be found out, 2 the command line is wrong.`,
    examples: ['rig info abcde', 'rig info web --json'],
    run: async ({ json, id: given }, words) => {
      const id = await findAnyId(typedId('info', words, given));
      const { facts, problem } = await describe(id, plugins);
      const all = { ...facts, log: (await readRigLog(id)).slice(-shownLines) };
      process.stdout.write(json ? `${jsonText(all)}\n` : format(all));
      if (problem !== undefined) tell(problem);
      return problem === undefined ? 0 : 1;
    },
  });
