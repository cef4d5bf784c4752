/** src/main.ts and all that it imports, as one CommonJS file. */
import type { Plugin } from 'esbuild';
import { build } from 'esbuild';
import { vectorsModule } from '../src/monitors/logs/matching/vectors-module.ts';
import { root } from './paths.ts';
import { gitCommit, packageVersion } from './version.ts';

/** Puts the compiled module in the place of the file that compiles it: the executable needs no compiler. */
export const compiledVectors: Plugin = {
  name: 'compiled vectors',
  setup({ onLoad }) {
    const bytes = Buffer.from(vectorsModule).toString('base64');
    onLoad({ filter: /\/vectors-module\.ts$/ }, () => ({
      contents: `export const vectorsModule = Buffer.from('${bytes}', 'base64');`,
    }));
  },
};

export async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['src/main.ts'],
    absWorkingDir: root, // the comments in the bundle name files relative to it: the same bytes in every checkout
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs', // what the SEA loader runs without an ES module loader
    target: 'node24',
    charset: 'ascii',
    // Not minified: it saves no start time once the code cache is in, and a stack trace in a bug report stays readable.
    minify: false,
    // In a SEA, import() reaches nothing but Node's own modules, and warns; as require() it reaches them quietly.
    supported: { 'dynamic-import': false },
    define: {
      RIG_VERSION: JSON.stringify(packageVersion()),
      RIG_COMMIT: JSON.stringify(gitCommit()),
    },
    plugins: [compiledVectors],
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made no output');
  return file.text;
}
