/** The Node that becomes the executable: stripped, and blind to environment variables that it would obey before rig runs. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, sha256, sha256OfFile } from './files.ts';
import { ensurePrograms } from './packages.ts';
import { cache } from './paths.ts';

/**
 * Variables that Node and its libraries read before the first line of rig, where neither a flag nor rig can stop them.
 * rig runs as root: none of them may load something, write somewhere or stop it. What each did to a packaged program:
 */
const hiddenVariables = [
  'NODE_REPL_EXTERNAL_MODULE', // refused to start: exit code 9
  'SIMDUTF_FORCE_IMPLEMENTATION', // aborted on an unknown name, with a core dump
  'OPENSSL_ia32cap', // made OpenSSL believe in another processor
  'NODE_COMPILE_CACHE', // made a folder there, and loaded bytecode from it
  'NODE_V8_COVERAGE', // wrote into that folder at exit; its JavaScript half is left to rig's clean environment
  'NODE_REDIRECT_WARNINGS', // appended to that file
  'NODE_ICU_DATA', // read ICU's tables from that folder
  'ICU_TIMEZONE_FILES_DIR', // the same for time zones
  'NODE_EXTRA_CA_CERTS', // read that file
  'NODE_DEBUG_NATIVE', // wrote pages to stderr
  'NODE_PENDING_DEPRECATION', // more warnings
  'NODE_USE_ENV_PROXY',
  'NODE_USE_SYSTEM_CA',
];

/**
 * Where a name stands as a C string. V8's snapshot holds some of the same names with their length in the four bytes before
 * and a hash: those belong to JavaScript, and changing one would break the snapshot.
 */
function findCString(image: Buffer, name: string): number[] {
  const text = Buffer.from(`\0${name}\0`);
  const found: number[] = [];
  for (let at = image.indexOf(text); at >= 0; at = image.indexOf(text, at + 1))
    if (at < 3 || image.readUInt32LE(at - 3) !== name.length) found.push(at + 1);
  return found;
}

/** Empties the names in place: getenv("") finds nothing. */
function hideVariables(image: Buffer): void {
  for (const name of hiddenVariables) {
    const places = findCString(image, name);
    // Most bases have each name once. Another base (--node) may lack one, or keep it elsewhere: the tests would show it.
    if (places.length === 0) process.stderr.write(`build: this base has no C string ${name}; left as it is\n`);
    for (const at of places) image[at] = 0;
  }
}

/** The prepared base, kept between builds under the hash of all that it depends on. */
export async function prepareBase(node: string): Promise<string> {
  const hash = await sha256OfFile(node);
  if (hash === undefined) throw new Error(`--node: cannot read ${node}`);
  const prepared = join(cache, `node-${sha256([hash, ...hiddenVariables].join()).slice(0, 16)}`);
  if (existsSync(prepared)) return prepared;
  await ensurePrograms('strip');
  mkdirSync(cache, { recursive: true });
  await replaceFile(prepared, (temporary) => {
    execFileSync('strip', ['--strip-all', '-o', temporary, node]); // 126 MB become 108
    const image = readFileSync(temporary);
    hideVariables(image);
    writeFileSync(temporary, image, { mode: 0o755 });
  });
  return prepared;
}
