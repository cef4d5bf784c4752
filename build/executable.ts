/** Turns the bundle and a Node into one executable, through pkg's SEA mode. */
import childProcess from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { replaceFile } from './files.ts';
import { cache } from './paths.ts';

/**
 * What Node is told at every start. Nothing else reaches it: all words of the command line are rig's own.
 *
 * No V8 option may stand here: Node's own modules are compiled ahead for V8's default options only, and rig's code cache would
 * be refused as well. With the two that bound regular expressions, a program that loads net, child_process, crypto and zlib
 * took 48 ms from start to exit instead of 34 (medians of 30). They are set where the first pattern is compiled.
 */
const nodeOptions = [
  // SIGUSR1 would open the inspector on port 9229: any local user could then run code in it, as root.
  '--disable-sigusr1',
  // Otherwise the file in OPENSSL_CONF, or the host's own, may name a provider or engine: a library loaded at start, as root.
  '--openssl-config=/dev/null',
  // Remarks about Node itself are not for a sysadmin's terminal, nor for the file that NODE_REDIRECT_WARNINGS names. The
  // event `warning` still comes.
  '--no-warnings',
  // V8's helper threads: 1 instead of 4. 7 threads instead of 10, 0.2 MB and 2 ms less; log reading was as fast. Not 0: that
  // means one for each core but one.
  '--v8-pool-size=1',
  // Node puts argv[0] behind these options, where it would be read as one: `exec -a --inspect rig` opened the inspector.
  '--',
];

const seaConfig = {
  // Relative to the temporary folder that pkg makes in the cache: this path is in the executable and in its stack traces,
  // and must not tell where it was built.
  main: '../rig.cjs',
  disableExperimentalSEAWarning: true,
  // 32 -> 26 ms from start to exit and 0.6 MB less for an idle rig (medians of 30 and 3). It also keeps Node from looking for
  // the bytecode of rig in the folder that NODE_COMPILE_CACHE names.
  useCodeCache: true,
  useSnapshot: false,
  execArgv: nodeOptions,
  execArgvExtension: 'none', // NODE_OPTIONS is not read
};

/** All but the bundle and the base that the executable depends on. */
export const executableSettings = JSON.stringify(seaConfig);

/**
 * pkg's module, made to produce the same bytes each time. It offers no way to give V8 options to the Node that compiles the
 * code cache, and without a seed V8 hashes strings differently in each run; so the one call in question gets it in passing.
 */
function loadPkg(): (entry: string, options: object) => Promise<void> {
  const require = createRequire(import.meta.url);
  const original = childProcess.execFile;
  const run = promisify(original);
  const seeded = (file: string, args: string[]) =>
    run(file, args[0] === '--experimental-sea-config' ? ['--random-seed=1', ...args] : args);
  childProcess.execFile = Object.assign(original.bind(undefined), { [promisify.custom]: seeded }) as typeof original;
  try {
    require('@yao-pkg/pkg/lib-es5/log').log.info = () => {}; // the build has its own closing line
    return require('@yao-pkg/pkg/lib-es5/sea').default;
  } finally {
    childProcess.execFile = original;
  }
}

export async function makeExecutable(bundle: string, base: string, output: string): Promise<void> {
  const entry = join(cache, 'rig.cjs');
  mkdirSync(cache, { recursive: true });
  await replaceFile(entry, (temporary) => writeFileSync(temporary, bundle));
  process.env.TMPDIR = cache;
  const target = { nodeRange: 'node24', platform: 'linux', arch: 'x64', output };
  await loadPkg()(entry, { targets: [target], nodePath: base, seaConfig });
}
