import { monitors } from '../monitors/index.ts';
import type { AnyCommand } from './command.ts';
import { createCommand } from './create.ts';
import { destroy } from './destroy.ts';
import { info } from './info.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { trigger } from './trigger.ts';
import { wait } from './wait.ts';

/** The subcommands that create rigs: one for each monitor. */
export const monitorCommands: AnyCommand[] = monitors.map(createCommand);

/** The subcommands that deal with rigs. */
export const otherCommands: AnyCommand[] = [list, info, log, trigger, wait, destroy];
