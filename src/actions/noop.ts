/** `--noop`: nothing, for trying a condition. */
import { defineAction } from '../plugin.ts';

export const noop = defineAction({
  name: 'noop',
  summary: 'Do nothing: for trying a condition',
  options: {
    noop: { kind: 'flag', summary: 'Do nothing: for trying a condition' },
  },
  timeoutMs: 60_000,
  isRepeatable: true,
  plan: () => ({}),
  estimate: async () => ({ leaves: 'nothing', bytes: 0 }),
  run: async () => ({}),
});
