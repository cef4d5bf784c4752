/** The table of actions. */
import type { AnyAction } from '../plugin.ts';
import { exec } from './exec.ts';
import { gcore } from './gcore/index.ts';
import { noop } from './noop.ts';
import { sosreport } from './sosreport.ts';
import { tcpdump } from './tcpdump.ts';

export const actions: AnyAction[] = [gcore, exec, tcpdump, sosreport, noop];
