/** rig runs as root: nothing in the environment may load foreign code into it or change what it does. */
import { execve } from 'node:process';

/**
 * What Node, its libraries and pkg read from the environment. The build makes Node blind to those that it would obey before
 * the first line of rig (see build/base.ts); the others are gone after a fresh start without them.
 */
const foreign = /^(?:NODE_|NPM_|npm_|PKG_|DEBUG_PKG|UV_|V8_|ICU_|OPENSSL_|SSL_|SIMDUTF_|LD_|GLIBC_|MALLOC_|WATCH_REPORT)/i;

/** Starts this program anew, in the same process, when its environment has variables that must not have an effect. */
export function ensureCleanEnvironment(): void {
  const names = Object.keys(process.env);
  if (!names.some((name) => foreign.test(name))) return;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], Object.fromEntries(kept) as Record<string, string>);
}
