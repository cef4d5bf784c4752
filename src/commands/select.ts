/** Which rigs are meant by what was typed. */
import { matchesGlob } from 'node:path';
import { RigError, UsageError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { listEnded } from '../rig/recovery/ended.ts';
import { listIds } from '../rig/registry/meet.ts';

/** The older way to name a rig. */
export const idOption = {
  id: { kind: 'list', short: 'i', hint: 'ID', summary: 'The rig, as an option (older usage)' },
} as const satisfies OptionTable;

/** What help says about IDs. */
export const idNote = 'An ID may be cut short as long as it fits one rig only.';

const isPattern = (typed: string): boolean => /[*?[]/.test(typed);

/**
 * The ids that one word means: that id itself, all that fit a shell pattern, or the only one that begins with it. Throws a
 * RigError if it means none, or if several begin with it.
 */
function matchIds(typed: string, ids: string[]): string[] {
  if (ids.includes(typed)) return [typed];
  if (isPattern(typed)) {
    const fitting = ids.filter((id) => matchesGlob(id, typed));
    if (fitting.length === 0) throw new RigError(`${typed}: no rig fits; rig list shows those there are`);
    return fitting;
  }
  const candidates = ids.filter((id) => id.startsWith(typed));
  if (candidates.length > 1) throw new RigError(`${typed}: which one of ${candidates.join(', ')}?`);
  if (candidates.length === 0) throw new RigError(`${typed}: no such rig; rig list shows those there are`);
  return candidates;
}

/** Every id that was typed, as a word or after -i; `all` stands for all of them. Throws a UsageError if there is none. */
export function typedIds(command: string, words: string[], id: string[] = [], all = false): string[] | 'all' {
  const named = [...words, ...id];
  const wantsAll = all || named.includes('all');
  if (wantsAll && named.some((name) => name !== 'all'))
    throw new UsageError(`${command}: give either IDs or all of them, not both`);
  if (wantsAll) return 'all';
  if (named.length === 0)
    throw new UsageError(
      `${command}: which rig? Give its ID${command === 'destroy' || command === 'stop' ? ', or --all' : ''}`,
    );
  if (named.includes('')) throw new UsageError(`${command}: an ID is empty`);
  return named;
}

/** The one id that was typed. Throws a UsageError if there is none, or more. */
export function typedId(command: string, words: string[], id: string[] = []): string {
  const [only, second] = [...words, ...id];
  if (only === undefined || only === '') throw new UsageError(`${command}: which rig? Give its ID`);
  if (second !== undefined) throw new UsageError(`${command}: takes one ID, got ${JSON.stringify(second)} as well`);
  return only;
}

/** The ids, each once, that the typed words mean by `match`, and an error for each word that means none. `all` means all that run. */
export async function selectIds(
  typed: string[] | 'all',
  match: (word: string, live: string[], ended: string[]) => string[],
): Promise<{ ids: string[]; failures: PromiseRejectedResult[] }> {
  const [live, ended] = [await listIds(), await listEnded()];
  if (typed === 'all') return { ids: live, failures: [] };
  const selected = new Set<string>();
  const failures: PromiseRejectedResult[] = [];
  for (const word of typed) {
    try {
      for (const id of match(word, live, ended)) selected.add(id);
    } catch (reason) {
      failures.push({ status: 'rejected', reason });
    }
  }
  return { ids: [...selected], failures };
}

/** As {@link matchIds}, among the rigs that run. The error says so if the rig has ended. */
export function matchLiveIds(typed: string, live: string[], ended: string[]): string[] {
  if (!live.some((id) => id.startsWith(typed)) && ended.includes(typed))
    throw new RigError(`${typed}: it has ended already; rig info ${typed} says how`);
  return matchIds(typed, live);
}

/** As {@link matchIds}, among the rigs that run and those that have ended. The beginning of an id means one that runs, if any does. */
export function matchAnyIds(typed: string, live: string[], ended: string[]): string[] {
  const isExact = live.includes(typed) || ended.includes(typed);
  const isBeginning = !isPattern(typed) && live.some((id) => id.startsWith(typed));
  return matchIds(typed, !isExact && isBeginning ? live : [...new Set([...live, ...ended])]);
}

/** The one rig, running or ended, that the typed word means. Throws a RigError if it means none, or more. */
export async function findAnyId(typed: string): Promise<string> {
  const [id, ...others] = matchAnyIds(typed, await listIds(), await listEnded());
  if (id === undefined || others.length > 0)
    throw new RigError(`${typed}: which one of ${[id, ...others].join(', ')}?`);
  return id;
}
