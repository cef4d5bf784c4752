declare const RIG_VERSION: string;
declare const RIG_COMMIT: string;

/** What this executable was made from; the build puts the first two in. */
export const rigVersion = {
  version: typeof RIG_VERSION === 'string' ? RIG_VERSION : 'unbuilt',
  commit: typeof RIG_COMMIT === 'string' ? RIG_COMMIT : 'unbuilt',
  node: process.version,
};
