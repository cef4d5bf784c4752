/** The rig's side of the contract, for the tests of single monitors and actions. */
import assert from 'node:assert/strict';
import { SystemClock } from '../../src/host/clock.ts';
import { type RunResult, runProgram } from '../../src/host/programs/run-program.ts';
import type {
  Asking,
  Facts,
  Gives,
  MonitorContext,
  Sighting,
  Trigger,
  TriggerContext,
  TriggerProcess,
} from '../../src/plugin.ts';

const systemClock = () => new SystemClock((error) => assert.fail(String(error)));

/** What planning may use, and what it remarked on. No program is found but those of `programs`. */
export function asking({
  gives = [],
  programs = {},
}: {
  gives?: Gives[];
  programs?: Record<string, string>;
} = {}): Asking & { remarks: string[] } {
  const remarks: string[] = [];
  return {
    remarks,
    remark: (text) => void remarks.push(text),
    program: (name) => programs[name],
    isAttached: false,
    gives: new Set(gives),
  };
}

/** A sighting as it was when it was seen. */
export interface Seen {
  subject: string;
  text: string;
  times: number;
  slot: 'first' | 'second' | 'both';
  kind: string;
  facts: Facts;
}

/** What a monitor gets, and what it said. `onSaw` comes after each sighting; `end` says that there was the last trigger. */
export function monitorContext(onSaw: (sighting: Sighting) => void = () => {}) {
  const ending = new AbortController();
  const seen: Seen[] = [];
  const passedOver: { reason: string; text: string | undefined }[] = [];
  const remarks: string[] = [];
  const context: MonitorContext = {
    clock: systemClock(),
    signal: ending.signal,
    saw: (sighting) => {
      const { subject, text, times = 1, slot = 'first', kind = text, facts = {} } = sighting;
      seen.push({ subject, text, times, slot, kind, facts });
      onSaw(sighting);
    },
    level: () => assert.fail('no level is looked at'),
    gone: () => assert.fail('no subject goes'),
    passOver: (reason, text) => void passedOver.push({ reason, text }),
    gap: (cause) => assert.fail(cause),
    exhausted: (reason) => assert.fail(reason),
    remark: (text) => void remarks.push(text),
    debug: () => {},
  };
  return { context, seen, passedOver, remarks, end: () => ending.abort() };
}

/** A trigger by a line of the journal, but for what is given. */
export const triggerWith = (more: Partial<Trigger> = {}): Trigger => ({
  time: new Date().toISOString(),
  monitor: 'logs',
  subject: 'journal',
  text: 'This is my test message',
  matches: 1,
  facts: { position: { cursor: 's=1' }, loggedAt: new Date().toISOString() },
  ...more,
});

export interface TestedAction extends TriggerContext {
  /** What its programs came to. */
  results: RunResult[];
  logged: string[];
}

/** What an action gets at a trigger, with real programs. */
export function triggerContext(
  dir: string,
  { signal = new AbortController().signal, process }: { signal?: AbortSignal; process?: TriggerProcess } = {},
): TestedAction {
  const results: RunResult[] = [];
  const logged: string[] = [];
  return {
    id: 'abcde',
    dir,
    clock: systemClock(),
    trigger: triggerWith(process ? { process: Promise.resolve(process) } : {}),
    signal,
    timeoutMs: 60_000,
    environment: async () => ({}),
    monitorProcesses: () => [],
    spaceRefusal: async () => undefined,
    results,
    logged,
    async run(file, args, options) {
      const result = await runProgram(file, args, { cwd: dir, signal, ...options });
      results.push(result);
      return result;
    },
    log: (text) => void logged.push(text),
  };
}
