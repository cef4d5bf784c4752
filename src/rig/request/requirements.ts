/** What plugins require of the host, checked while the user watches. */
import { existsSync } from 'node:fs';
import { RigError } from '../../errors.ts';
import { type DistributionFamily, readDistributionFamily } from '../../host/distribution.ts';
import { findProgram } from '../../host/programs/find-program.ts';
import type { Requirement } from '../../plugin.ts';

const families: Record<DistributionFamily, string> = { debian: 'Debian, Ubuntu', redhat: 'RHEL, Fedora', suse: 'SUSE' };

/** The package to install, by the family of this host; all of them where that is unknown. */
function describePackage(packages: Record<DistributionFamily, string>): string {
  const family = readDistributionFamily();
  if (family !== undefined) return packages[family];
  const names = Object.entries(packages).map(([key, name]) => `${families[key as DistributionFamily]}: ${name}`);
  return new Set(Object.values(packages)).size === 1 ? packages.debian : names.join('; ');
}

/** Why one requirement is not met on this host; undefined when it is. */
async function problemWith(requirement: Requirement, found: Map<string, string>): Promise<string | undefined> {
  if (requirement.kind === 'file')
    return existsSync(requirement.path) ? undefined : `${requirement.path} is not on this host: ${requirement.for}`;
  for (const name of requirement.anyOf) {
    const path = await findProgram(name);
    if (path === undefined) continue;
    found.set(name, path);
    return undefined;
  }
  const names = requirement.anyOf.join(' or ');
  return `${names} is not on this host: install the package ${describePackage(requirement.package)}`;
}

/**
 * Checks what a plugin requires. Returns the full paths of the programs that it named and that are here. Throws a RigError
 * that names what is missing and the package that has it.
 */
export async function checkRequirements(
  option: string,
  requirements: readonly Requirement[] = [],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const requirement of requirements) {
    const problem = await problemWith(requirement, found);
    if (problem !== undefined) throw new RigError(`${option}: ${problem}`);
  }
  return found;
}
