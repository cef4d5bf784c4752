import { installPackages } from '../../build/apt.ts';
import { missingPackages } from './packages.ts';
import { makeTree, missingTrees } from './trees.ts';

/**
 * Makes sure that everything the tests need from Debian is there: packages, and two Debian trees that are kept between
 * runs. It takes a second when all is there, two or three minutes on a new machine.
 */
export async function setUp(): Promise<void> {
  const packages = await missingPackages();
  const trees = missingTrees();
  if ((packages.length > 0 || trees.length > 0) && process.getuid?.() !== 0) throw new Error(whatIsMissing(packages));
  if (packages.length > 0) await installPackages(packages);
  for (const name of trees) await makeTree(name); // in this order: one is the base of the other
}

function whatIsMissing(packages: string[]): string {
  const what =
    packages.length > 0 ? `these Debian packages: ${packages.join(' ')}` : 'Debian trees made by debootstrap';
  return `the tests need ${what}; run the set-up as root once, or install them`;
}

if (import.meta.main) await setUp();
