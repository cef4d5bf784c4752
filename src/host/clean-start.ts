/**
 * rig runs as root, so nothing in the environment may load foreign code into it or change what it does. If there is such a
 * variable, importing this module starts the program again, in the same process, without it. It must be imported first.
 */
import { readFileSync } from 'node:fs';
import { execve } from 'node:process';

/**
 * Variables that Node, its libraries or a program that rig starts would obey. The build makes Node ignore those that it would
 * obey before the first line of rig: see build/base.ts. The fresh start removes the others.
 */
const foreign = /^(?:NODE_|UV_|V8_|ICU_|OPENSSL_|SIMDUTF_|LD_|GCONV_PATH|WATCH_REPORT)/i;

/** The environment as it was given, `NAME=value` each: Node has already removed some from process.env. */
function readEnvironment(): string[] {
  try {
    return readFileSync('/proc/self/environ', 'latin1').split('\0');
  } catch {
    return Object.keys(process.env); // without /proc, --help and --version still work
  }
}

if (readEnvironment().some((variable) => foreign.test(variable))) {
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  // argv[0] is the executable, because Node takes it for one of its own options. It is process.argv[1].
  execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], Object.fromEntries(kept));
}
