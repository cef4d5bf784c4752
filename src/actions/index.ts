/** The table of actions. */
import type { AnyAction } from '../plugin.ts';
import { gcore } from './gcore/index.ts';
import { sosreport } from './sosreport.ts';

export const actions: AnyAction[] = [gcore, sosreport];
