/**
 * rig runs as root: nothing in the environment may load foreign code into it or change what it does. Importing this module
 * starts the program anew, in the same process, when there is something of the kind; so it is imported first.
 */
import { readFileSync } from 'node:fs';
import { execve } from 'node:process';

/**
 * What Node and its libraries read from the environment, or a program that rig starts would. The build makes Node blind to
 * those that it obeys before the first line of rig (see build/base.ts); the others are gone after a fresh start without them.
 */
const foreign = /^(?:NODE_|UV_|V8_|ICU_|OPENSSL_|SIMDUTF_|LD_|GCONV_PATH|WATCH_REPORT)/i;

/** The environment as it was given, `NAME=value` each: Node has removed some of its own from process.env by now. */
function readEnvironment(): string[] {
  try {
    return readFileSync('/proc/self/environ', 'latin1').split('\0');
  } catch {
    return Object.keys(process.env); // no /proc: --help and --version work there all the same
  }
}

if (readEnvironment().some((variable) => foreign.test(variable))) {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  // Node parses argv[0] as if it were an option of its own, and gives it as the second element.
  execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], Object.fromEntries(kept));
}
