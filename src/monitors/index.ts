/** The table of monitors. */
import type { AnyMonitor } from '../plugin.ts';
import { logs } from './logs/index.ts';

export const monitors: AnyMonitor[] = [logs];
