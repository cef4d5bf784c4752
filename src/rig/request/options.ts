/** The options of every rig, whatever it watches and does. */

import { messageOf, RigError, UsageError } from '../../errors.ts';
import { checkSharedFolder } from '../../host/folders.ts';
import { findCommand } from '../../host/programs/find-program.ts';
import { splitWords } from '../../options/command-words.ts';
import type { OptionTable, Values } from '../../plugin.ts';
import { compressions, isCompression } from '../archive/compression.ts';
import { outputRoot } from '../records/paths.ts';
import type { RigSpec } from '../records/spec.ts';

export const rigOptions = {
  name: { kind: 'text', hint: 'NAME', summary: 'Call the rig so (default: five random letters)' },
  delay: {
    kind: 'duration',
    orZero: true,
    hint: 'DURATION',
    summary: 'Wait so long between the trigger and the actions',
  },
  repeat: { kind: 'integer', minimum: 0, hint: 'N', summary: 'Run actions that can be repeated N more times' },
  'repeat-delay': {
    kind: 'duration',
    orZero: true,
    hint: 'DURATION',
    summary: 'Time between repetitions (default: 1s)',
  },
  restart: { kind: 'integer', minimum: -1, hint: 'N', summary: 'Watch again after a trigger, N times; -1 for ever' },
  cooldown: { kind: 'duration', hint: 'DURATION', summary: 'Pass over matches for so long after a trigger' },
  'max-per-hour': { kind: 'count', hint: 'N', summary: 'Trigger at most N times in an hour' },
  keep: { kind: 'count', hint: 'N', summary: 'Keep only the newest N results of a restarting rig' },
  'max-total': { kind: 'size', hint: 'SIZE', summary: 'Remove the oldest results beyond SIZE, all together' },
  expires: { kind: 'duration', hint: 'DURATION', summary: 'End after so long without a trigger' },
  'trigger-on-expiry': { kind: 'flag', summary: 'Run the actions when it expires without a trigger' },
  'action-timeout': {
    kind: 'duration',
    hint: 'TIME',
    summary: 'Limit for each action (default: 10m, sosreport: 1h)',
  },
  'output-dir': { kind: 'text', hint: 'DIR', summary: 'Where everything collected goes (default: /var/tmp)' },
  'min-free': { kind: 'space', hint: 'SIZE|N%', summary: 'Leave so much free there (default: 1G or 5%)' },
  'no-archive': { kind: 'flag', summary: 'Keep a folder instead of an archive' },
  compress: { kind: 'choice', choices: compressions, hint: 'HOW', summary: 'gzip (default), zstd or none' },
  nice: { kind: 'flag', summary: 'Run what is not urgent at low priority (the default)' },
  'no-nice': { kind: 'flag', summary: 'Run everything at normal priority' },
  notify: { kind: 'text', hint: "'CMD ARG...'", summary: 'Run this when the rig ends, with RIG_STATUS etc.' },
  foreground: { kind: 'flag', summary: 'Stay attached and print the log; Ctrl-C ends the rig' },
  debug: { kind: 'flag', summary: 'Write more detail to the log' },
  help: { kind: 'flag', short: 'h', summary: 'Show this' },
} as const satisfies OptionTable;

export type RigValues = Values<typeof rigOptions>;

/** Options that mean nothing without another one. */
const companions: [option: keyof RigValues, needs: keyof RigValues][] = [
  ['repeat-delay', 'repeat'],
  ['cooldown', 'restart'],
  ['max-per-hour', 'restart'],
  ['keep', 'restart'],
  ['max-total', 'restart'],
  ['trigger-on-expiry', 'expires'],
];

/** Options that exclude each other. */
const opposites: [keyof RigValues, keyof RigValues][] = [
  ['compress', 'no-archive'],
  ['nice', 'no-nice'],
];

const isGiven = (value: RigValues[keyof RigValues]): boolean => value !== undefined && value !== false;

function checkCombinations(values: RigValues): void {
  for (const [option, needed] of companions)
    if (isGiven(values[option]) && !isGiven(values[needed]))
      throw new UsageError(`--${option} goes with --${needed}, which is not given`);
  for (const [one, other] of opposites)
    if (isGiven(values[one]) && isGiven(values[other]))
      throw new UsageError(`--${one} and --${other} exclude each other`);
}

/** What the options of every rig make of its spec. Throws a UsageError or a RigError. */
export async function prepareLife(
  values: RigValues,
): Promise<Omit<RigSpec, 'id' | 'created' | 'commandLine' | 'monitor' | 'actions'>> {
  checkCombinations(values);
  const { delay, repeat = 0, restart, cooldown, keep, expires, compress = 'gzip' } = values;
  const [maxPerHour, mostBytes, output] = [values['max-per-hour'], values['max-total'], values['output-dir']];
  return {
    delayMs: delay ?? 0,
    repeat: { times: repeat, delayMs: values['repeat-delay'] ?? 1000 },
    restart: {
      times: restart ?? 0,
      ...(cooldown === undefined ? {} : { cooldownMs: cooldown }),
      ...(maxPerHour === undefined ? {} : { maxPerHour }),
    },
    ...(expires === undefined ? {} : { expiry: { afterMs: expires, triggers: values['trigger-on-expiry'] } }),
    output: {
      folder: output === undefined ? outputRoot : await checkSharedFolder(output, '--output-dir'),
      archive: !values['no-archive'],
      compression: isCompression(compress) ? compress : 'gzip',
      ...(values['min-free'] === undefined ? {} : { minFree: values['min-free'] }),
      ...(keep === undefined ? {} : { keep }),
      ...(mostBytes === undefined ? {} : { mostBytes }),
    },
    nice: !values['no-nice'],
    ...(values.notify === undefined ? {} : { notify: await prepareNotify(values.notify) }),
    debug: values.debug,
  };
}

async function prepareNotify(command: string): Promise<NonNullable<RigSpec['notify']>> {
  let words: string[];
  try {
    words = splitWords(command, "name one: sh -c '...'");
  } catch (error) {
    throw new UsageError(`--notify: ${messageOf(error)}`, { cause: error });
  }
  const [name = '', ...args] = words;
  const program = await findCommand(name);
  if (program === undefined) throw new RigError(`--notify: ${JSON.stringify(name)} is no program on this host`);
  return { program, args };
}
