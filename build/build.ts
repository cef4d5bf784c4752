/** `npm run build`: makes dist/rig. The same commit gives the same bytes. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareBase } from './base.ts';
import { bundle } from './bundle.ts';
import { executableSettings, makeExecutable } from './executable.ts';
import { replaceFile, sha256, sha256OfFile } from './files.ts';
import { cache, defaultBase, defaultOutput, root } from './paths.ts';

const usage = 'usage: npm run build -- [--node PATH] [--outfile PATH] [--quiet]';

class UsageError extends Error {}

function parseOptions(): { node?: string; outfile?: string; quiet?: boolean } {
  try {
    const options = { node: { type: 'string' }, outfile: { type: 'string' }, quiet: { type: 'boolean' } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    const [sentence] = String((error as Error).message).split(/\. |\n/); // the rest is advice on naming a file like an option
    throw new UsageError(sentence, { cause: error });
  }
}

/** npm runs scripts in the folder of package.json; a relative path means the folder that the user is in. */
function pathOption(name: string, value: string | undefined, otherwise: string): string {
  if (value === '') throw new UsageError(`--${name}: expected a path, got nothing`);
  return value === undefined ? otherwise : resolve(process.env.INIT_CWD ?? process.cwd(), value);
}

function readOptions(): { base: string; output: string; isQuiet: boolean } {
  const { node, outfile, quiet } = parseOptions();
  const base = pathOption('node', node, defaultBase);
  if (!existsSync(base)) throw new UsageError(`--node: there is no file ${base}`);
  return { base, output: pathOption('outfile', outfile, defaultOutput), isQuiet: quiet ?? false };
}

/** What the last build to this output was made from, and the hash of what it made. */
interface Receipt {
  inputs: string;
  sha256: string;
}

const receiptPath = (output: string): string => join(cache, `built-${sha256(output).slice(0, 16)}.json`);

function readReceipt(output: string): Receipt | undefined {
  try {
    return JSON.parse(readFileSync(receiptPath(output), 'utf8'));
  } catch {
    return undefined; // never built, or the cache was cleared: it is built anew
  }
}

/** The hash of the output if it is what these inputs make, untouched since. */
async function findUpToDate(output: string, inputs: string): Promise<string | undefined> {
  const receipt = readReceipt(output);
  const isSame = receipt?.inputs === inputs && (await sha256OfFile(output)) === receipt.sha256;
  return isSame ? receipt.sha256 : undefined;
}

async function make(output: string, base: string, code: string, inputs: string): Promise<string> {
  mkdirSync(dirname(output), { recursive: true });
  await replaceFile(output, (temporary) => makeExecutable(code, base, temporary));
  const hash = await sha256OfFile(output);
  if (hash === undefined) throw new Error(`${output} vanished`);
  writeFileSync(receiptPath(output), JSON.stringify({ inputs, sha256: hash } satisfies Receipt));
  return hash;
}

async function build(): Promise<void> {
  const { base, output, isQuiet } = readOptions();
  const [code, prepared] = await Promise.all([bundle(), prepareBase(base)]);
  const toolVersions = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const inputs = sha256([code, prepared, executableSettings, toolVersions].join('\0'));
  const done = await findUpToDate(output, inputs);
  const hash = done ?? (await make(output, prepared, code, inputs));
  if (isQuiet) return;
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  process.stdout.write(`${output}${done ? ' (up to date)' : ''}\n${megabytes} MB, sha256 ${hash}\n`);
}

function report(error: unknown): void {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`build: ${error instanceof Error ? error.message : error}${isUsage ? `; ${usage}` : ''}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

await build().catch(report);
