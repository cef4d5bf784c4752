/** `--noop`: nothing, for trying a condition. */
import { defineAction } from '../plugin.ts';

export const noop = defineAction({
  name: 'noop',
  summary: 'Do nothing: for trying a condition',
  options: {
    noop: { kind: 'flag', summary: 'Do nothing: for trying a condition' },
  },
  priority: 'first',
  repeatable: true,
  timeoutMs: 60_000,
  prepare: async () => ({}),
  produces: () => 'nothing',
  run: async () => ({}),
});
