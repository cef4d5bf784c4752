/** What the executable says about its own origin. */
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export const packageVersion = (): string => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;

/** What git prints; undefined without git, outside a repository, or in one that belongs to somebody else. */
function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The commit, with `-dirty` behind it when the tree is not what the commit says. A release tarball inside some other
 * repository must not claim that one's commit, hence the look at the top of the tree. */
export function gitCommit(): string {
  const top = git('rev-parse', '--show-toplevel');
  const commit = git('rev-parse', '--verify', '--short=12', 'HEAD');
  if (top === undefined || commit === undefined || realpathSync(top) !== realpathSync(root)) return 'unknown';
  // What the benches have saved is no part of what is built.
  return git('status', '--porcelain', '--', '.', ':!bench/results') === '' ? commit : `${commit}-dirty`;
}
