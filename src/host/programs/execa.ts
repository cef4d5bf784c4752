/** The only importer of execa. */

/** Loaded when it is first needed: it takes 17 ms and 3 MB, which `rig list` and `rig --help` can save. */
export const loadExeca = async () => (await import('execa')).execa;

/** How every program is started: in a session of its own, with an environment of our making, its output left to us. */
export const ownSession = { detached: true, cleanup: false, buffer: false, reject: false, extendEnv: false } as const;
