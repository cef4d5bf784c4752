import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

const POLL_EVERY_MS = 20;

export interface WaitOptions {
  withinMs?: number;
}

type Falsy = false | undefined | null | '' | 0;

/**
 * Waits until `condition` gives something truthy and returns that. The only place in the tests that sleeps: a fixed
 * sleep is either too short on a busy machine or too long on every other one.
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  { withinMs = 20_000 }: WaitOptions = {},
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, Falsy>;
    if (performance.now() >= deadline) {
      throw new Error(`waited ${withinMs} ms in vain for ${what}; last value: ${inspect(value)}`);
    }
    await delay(POLL_EVERY_MS);
  }
}
