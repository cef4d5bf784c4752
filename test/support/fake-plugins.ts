/** Plugins that do nothing, but for what a test gives them. */
import type { AnyAction, AnyMonitor } from '../../src/plugin.ts';

/** Its plan is the values of its options. */
export const fakeMonitor = (more: Partial<AnyMonitor> = {}): AnyMonitor => ({
  name: 'fake',
  summary: 'fake',
  examples: [],
  options: {},
  plan: (values) => values,
  describe: () => ({ watch: 'a fake', condition: '"x"', gives: [] }),
  watch: async () => ({ stop: async () => {}, status: () => [] }),
  ...more,
});

/** It is chosen by a flag of its own name, and its plan is the values of its options. */
export const fakeAction = (name: string, more: Partial<AnyAction> = {}): AnyAction => ({
  name,
  summary: name,
  options: { [name]: { kind: 'flag', summary: name } },
  timeoutMs: 60_000,
  plan: (values) => values,
  run: async () => ({}),
  ...more,
});
