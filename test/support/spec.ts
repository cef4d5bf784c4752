import type { RigSpec } from '../../src/rig/records/spec.ts';

/** The spec of a rig that watches and does nothing, but for what is given. */
export const specWith = (more: Partial<RigSpec>): RigSpec => ({
  id: 'abcde',
  created: '2026-01-01T00:00:00.000+00:00',
  owner: 'root',
  tty: null,
  commandLine: [],
  monitors: [],
  actions: [],
  delayMs: 0,
  repeat: { times: 0, delayMs: 1000 },
  restart: { times: 0 },
  output: { folder: '/var/tmp', archive: true, compression: 'gzip' },
  nice: true,
  trustPath: false,
  debug: false,
  ...more,
});
