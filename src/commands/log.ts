import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import type { OptionTable } from '../options/table.ts';
import { RigLogReader } from '../rig/log/read-log.ts';
import { look } from '../rig/registry/meet.ts';
import { askRig } from '../rig/wire/control.ts';
import { isRead } from '../terminal/terminal.ts';
import { visible } from '../terminal/text.ts';
import { commandMs, defineCommand } from './command.ts';
import { findAnyId, idNote, idOption, typedId } from './select.ts';

/** How often --follow looks for new lines. */
const followMs = 250;

/** Another program may have written control characters into the log: they become visible. */
function print(lines: string[]): void {
  if (lines.length > 0) process.stdout.write(lines.map((line) => `${visible(line)}\n`).join(''));
}

/** Resolves when the rig has ended. */
async function untilEnded(id: string): Promise<void> {
  while (['live', 'foreign'].includes((await look(id)).kind)) {
    await askRig(id, 'wait', undefined).catch(() => delay(followMs));
  }
}

async function follow(id: string, reader: RigLogReader): Promise<void> {
  let isOver = false;
  const ended = untilEnded(id).finally(() => {
    isOver = true;
  });
  while (!isOver && isRead()) {
    print(await reader.read());
    await Promise.race([ended, delay(followMs)]);
  }
  if (isOver) print(await reader.read());
}

/** The rig that is meant: one that runs or has ended, or one that only the log knows, from long ago. */
async function findLogged(typed: string, reader: RigLogReader): Promise<{ id: string; lines: string[] }> {
  const lines = await reader.read();
  if (lines.length > 0) return { id: typed, lines };
  return { id: await findAnyId(typed), lines };
}

/** Throws a UsageError for `rig logs web`, where `rig log web` was meant: without a condition, `logs` arms nothing. */
export function checkLogMeant(command: string, argv: string[]): void {
  const [id, ...others] = argv.filter((word) => word !== '-f' && word !== '--follow');
  if (command !== 'logs' || id === undefined || !/^\w[\w.-]*$/.test(id) || others.length > 0) return;
  const follow = argv.length > 1 ? '-f ' : '';
  throw new UsageError(`rig logs arms a rig and needs --message TEXT; did you mean rig log ${follow}${id}?`);
}

const options = {
  follow: { kind: 'flag', short: 'f', summary: 'Go on until the rig has ended' },
  ...idOption,
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export const log = defineCommand({
  name: 'log',
  onlyShows: true,
  usage: 'ID [-f]',
  summary: 'Show what a rig has logged',
  limitMs: ({ follow: follows }) => (follows ? undefined : commandMs),
  options,
  notes: `${idNote} If several rigs had the name, the lines of all are shown.\nExit codes: 0 done, 1 it failed, 2 the command line is wrong.`,
  examples: ['rig log abcde', 'rig log -f web'],
  run: async ({ follow: goesOn, id: given }, words) => {
    const typed = typedId('log', words, given);
    let reader = new RigLogReader(typed);
    try {
      const { id, lines } = await findLogged(typed, reader);
      if (id !== typed) {
        await reader.close();
        reader = new RigLogReader(id);
      }
      print(lines);
      if (goesOn) await follow(id, reader);
      else print(await reader.read());
      return 0;
    } finally {
      await reader.close();
    }
  },
});
