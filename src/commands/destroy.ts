import { RigError, UsageError } from '../errors.ts';
import type { OptionTable } from '../plugin.ts';
import { askRig } from '../rig/control.ts';
import { takeDownWith } from '../rig/leftover.ts';
import { findLive, listIds } from '../rig/registry.ts';
import { type Command, tell, tellFailures } from './command.ts';

/** A rig ends its children first, and some of them take a while: see the grace in programs.ts. */
const answerMs = 30_000;

async function destroyOne(id: string): Promise<void> {
  if (!(await listIds()).includes(id)) throw new RigError(`${id}: no such rig; rig list shows those there are`);
  let met = false;
  const takeDown = takeDownWith((text) => {
    met = true;
    tell(text);
  });
  if (await findLive(id, takeDown)) await askRig(id, { command: 'destroy' }, answerMs);
  else if (!met) throw new RigError(`${id}: it has just ended`);
}

const options = {
  id: { kind: 'list', short: 'i', hint: 'ID', summary: 'The rig to end (older usage)' },
  all: { kind: 'flag', summary: 'End every rig' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const destroy: Command<typeof options> = {
  name: 'destroy',
  usage: 'ID... | --all',
  summary: 'End rigs; what they had collected so far is discarded',
  groups: [{ title: 'Options', options }],
  notes: 'Exit codes: 0 done, 1 one of them could not be ended, 2 the command line is wrong.',
  examples: ['rig destroy abcde', 'rig destroy --all'],
  run: async ({ id = [], all }, words) => {
    const named = [...words, ...id];
    const wantsAll = all || named.includes('all');
    if (!wantsAll && named.length === 0) throw new UsageError('destroy: which rig? Give its ID, or --all');
    if (wantsAll && named.some((name) => name !== 'all'))
      throw new UsageError('destroy: give either IDs or all of them, not both');
    const ids = wantsAll ? await listIds() : [...new Set(named)];
    const results = await Promise.allSettled(ids.map(destroyOne));
    return tellFailures(results) ? 1 : 0;
  },
};
