import type { Plugins } from '../plugin.ts';
import type { Command } from './command.ts';
import { createCommand } from './create.ts';
import { destroy } from './destroy.ts';
import { infoCommand } from './info.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { stop } from './stop.ts';
import { trigger } from './trigger.ts';
import { wait } from './wait.ts';

/** The subcommands that create rigs: one for each monitor. */
export const monitorCommands = (plugins: Plugins): Command[] =>
  plugins.monitors.map((monitor) => createCommand(monitor, plugins));

/** The subcommands that deal with rigs. */
export const otherCommands = (plugins: Plugins): Command[] => [
  list,
  infoCommand(plugins),
  log,
  trigger,
  wait,
  stop,
  destroy,
];
