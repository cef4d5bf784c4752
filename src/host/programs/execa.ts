/** The only importer of execa. */

/** Loads execa when it is first needed: that takes 17 ms and 3 MB, which `rig list` and `rig --help` need not spend. */
export const loadExeca = async () => (await import('execa')).execa;

/** How every program is started: in a session of its own, with an environment that rig makes, its output left to rig. */
export const ownSession = { detached: true, cleanup: false, buffer: false, reject: false, extendEnv: false } as const;
