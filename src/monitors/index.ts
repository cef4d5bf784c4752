/** The table of monitors. */
import type { AnyMonitor } from '../plugin.ts';
import { logs } from './logs/index.ts';
import { processMonitor } from './process.ts';

export const monitors: AnyMonitor[] = [logs, processMonitor];
