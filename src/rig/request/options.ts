/** The options of every rig. */
import { checkSharedFolder } from '../../host/folders.ts';
import { findCommand } from '../../host/programs/find-program.ts';
import { programPath } from '../../host/programs/program-path.ts';
import { splitCommand } from '../../options/command-words.ts';
import type { OptionTable, Values } from '../../options/table.ts';
import { outputRoot } from '../records/paths.ts';
import { compressions, type RigSpec } from '../records/spec.ts';

export const rigOptions = {
  name: { kind: 'text', hint: 'NAME', defaultWords: 'five random letters', summary: 'The name of the rig, its ID' },
  delay: {
    kind: 'duration',
    orZero: true,
    hint: 'DURATION',
    default: 0,
    summary: 'Wait this long between the trigger and the actions',
  },
  repeat: {
    kind: 'integer',
    minimum: 0,
    hint: 'N',
    default: 0,
    summary: 'Run actions that can be repeated N more times',
  },
  'repeat-delay': {
    kind: 'duration',
    orZero: true,
    hint: 'DURATION',
    default: 1000,
    summary: 'Time between repetitions',
    needs: ['repeat'],
  },
  restart: {
    kind: 'integer',
    minimum: -1,
    hint: 'N',
    default: 0,
    summary: 'Watch again after a trigger, N times; -1 for ever',
  },
  cooldown: {
    kind: 'duration',
    hint: 'DURATION',
    summary: 'Pass over what matches for this long after a trigger',
    needs: ['restart'],
  },
  'max-per-hour': { kind: 'count', hint: 'N', summary: 'Trigger at most N times in an hour', needs: ['restart'] },
  keep: { kind: 'count', hint: 'N', summary: 'Keep only the newest N results of a restarting rig', needs: ['restart'] },
  'max-total': {
    kind: 'size',
    hint: 'SIZE',
    summary: 'Remove the oldest results when all together exceed SIZE',
    needs: ['restart'],
  },
  expires: { kind: 'duration', hint: 'DURATION', summary: 'End after this long without a trigger' },
  'trigger-on-expiry': {
    kind: 'flag',
    summary: 'Run the actions when it expires without a trigger',
    needs: ['expires'],
  },
  'action-timeout': {
    kind: 'duration',
    hint: 'TIME',
    defaultWords: '10m, sosreport: 1h',
    summary: 'Limit for each action',
  },
  'output-dir': {
    kind: 'text',
    hint: 'DIR',
    default: outputRoot,
    summary: 'Where everything collected goes',
    completes: 'folder',
  },
  'min-free': { kind: 'space', hint: 'SIZE|N%', defaultWords: '1G or 5%', summary: 'Leave this much free there' },
  archive: { kind: 'flag', default: true, summary: 'Keep a folder instead of an archive' },
  compress: {
    kind: 'choice',
    choices: compressions,
    hint: 'HOW',
    default: 'gzip',
    summary: 'gzip, zstd or none',
    excludes: ['no-archive'],
  },
  nice: { kind: 'flag', default: true, summary: 'Run everything at normal priority' },
  notify: { kind: 'text', hint: "'CMD ARG...'", summary: 'Run this when the rig ends, with RIG_STATUS etc.' },
  'trust-path': { kind: 'flag', summary: 'Run programs of PATH that others than root can change' },
  foreground: { kind: 'flag', summary: 'Stay attached and print the log; Ctrl-C ends the rig' },
  debug: { kind: 'flag', summary: 'Write more detail to the log' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export type RigValues = Values<typeof rigOptions>;

/** The part of the spec that these options make. Throws a UsageError or a RigError. */
export async function planLife(
  values: RigValues,
): Promise<Omit<RigSpec, 'id' | 'created' | 'owner' | 'tty' | 'commandLine' | 'monitors' | 'actions'>> {
  const { delay, repeat, restart, cooldown, keep, expires, compress, archive, nice, notify, debug } = values;
  const trustPath = values['trust-path'];
  if (trustPath) programPath.trustAll();
  return {
    delayMs: delay,
    repeat: { times: repeat, delayMs: values['repeat-delay'] },
    restart: { times: restart, cooldownMs: cooldown, maxPerHour: values['max-per-hour'] },
    expiry: expires === undefined ? undefined : { afterMs: expires, triggers: values['trigger-on-expiry'] },
    output: {
      folder: await folderOf(values['output-dir']),
      archive,
      compression: compress,
      minFree: values['min-free'],
      keep,
      mostBytes: values['max-total'],
    },
    nice,
    trustPath,
    notify: notify === undefined ? undefined : await planNotify(notify),
    debug,
  };
}

const folderOf = async (dir: string): Promise<string> =>
  dir === outputRoot ? outputRoot : await checkSharedFolder(dir, '--output-dir');

async function planNotify(command: string): Promise<NonNullable<RigSpec['notify']>> {
  const { name, args } = splitCommand('--notify', command, "name one: sh -c '...'");
  return { program: await findCommand('--notify', name), args };
}
