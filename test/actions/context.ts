/** What the daemon hands an action, with real programs. */
import { type RunResult, runProgram } from '../../src/host/programs/run-program.ts';
import type { ActionContext, ActionPrepareContext, Trigger, TriggerProcess } from '../../src/plugin.ts';

export interface TestContext extends ActionContext {
  results: RunResult[];
  logged: string[];
}

export function actionContext(
  dir: string,
  { signal = new AbortController().signal, process }: { signal?: AbortSignal; process?: TriggerProcess } = {},
): TestContext {
  const trigger: Trigger = {
    time: new Date().toISOString(),
    monitor: 'logs',
    source: 'journal',
    line: 'This is my test message',
    matches: 1,
    position: { cursor: 's=1' },
    loggedAt: new Date().toISOString(),
    ...(process === undefined ? {} : { process }),
  };
  const results: RunResult[] = [];
  const logged: string[] = [];
  return {
    id: 'abcde',
    dir,
    trigger,
    signal,
    timeoutMs: 60_000,
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

export function prepareContext(monitorNamesProcess = true): ActionPrepareContext & { remarks: string[] } {
  const remarks: string[] = [];
  return { monitorNamesProcess, remarks, remark: (text) => void remarks.push(text) };
}
