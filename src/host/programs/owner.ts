/** The daemon that owns the programs which this process starts: its mark in their environment, and its guardian. */
import { delimiter } from 'node:path';
import { searchPath } from './find-program.ts';
import { Guardian } from './guardian.ts';

/**
 * The marker in the environment of everything that a daemon starts: what a killed daemon left behind is found by it.
 * `owner` is the daemon's pid and start time.
 */
export const ownerVariable = 'RIG_DAEMON';
let owner: string | undefined;
let guardian: Guardian | undefined;

/**
 * Says which daemon this process is, before it starts any program; `takeDown` are the arguments with which this executable
 * puts in order what the daemon leaves when it is killed.
 */
export function setOwner(marker: string, takeDown: string[]): void {
  owner = marker;
  guardian = new Guardian(takeDown, environmentWithoutOwner());
}

/** A child gets a fixed environment: its messages are parsed, and nothing the user exported may change what it does. */
export function childEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return { ...environmentWithoutOwner(), ...(owner === undefined ? {} : { [ownerVariable]: owner }), ...extra };
}

const environmentWithoutOwner = (): Record<string, string> => ({
  PATH: searchPath().join(delimiter),
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
});

/** The guardian runs from now on, also when no program does: it writes the record of a killed daemon, too. */
export function startGuardian(): void {
  guardian?.start();
}

/** Nothing that this process has started is left, and it ends itself. */
export function dismissGuardian(): void {
  guardian?.dismiss();
  guardian = undefined;
}
