/** Checks what plugins require of the host. */
import { existsSync } from 'node:fs';
import { RigError } from '../../errors.ts';
import { type DistributionFamily, readDistributionFamily } from '../../host/distribution.ts';
import { findNeeded } from '../../host/programs/find-program.ts';
import type { Requirement } from '../../plugin.ts';

const families: Record<DistributionFamily, string> = { debian: 'Debian, Ubuntu', redhat: 'RHEL, Fedora', suse: 'SUSE' };

/** The package to install on this host; the packages of all families if its family is unknown. */
function describePackage(packages: Record<DistributionFamily, string>): string {
  const family = readDistributionFamily();
  if (family !== undefined) return packages[family];
  const names = Object.entries(packages).map(([key, name]) => `${families[key as DistributionFamily]}: ${name}`);
  return new Set(Object.values(packages)).size === 1 ? packages.debian : names.join('; ');
}

/** Why this host does not meet a requirement; undefined if it does. */
async function problemWith(
  option: string,
  requirement: Requirement,
  found: Map<string, string>,
): Promise<string | undefined> {
  if (requirement.kind === 'file')
    return existsSync(requirement.path) ? undefined : `${requirement.path} is not on this host: ${requirement.for}`;
  for (const name of requirement.anyOf) {
    const path = await findNeeded(option, name);
    if (path === undefined) continue;
    found.set(name, path);
    return undefined;
  }
  const names = requirement.anyOf.join(' or ');
  return `${names} is not on this host: install the package ${describePackage(requirement.package)}`;
}

/**
 * Checks what a plugin requires. Resolves to the full paths of the programs, by name. Throws a RigError that names what is
 * missing and its package.
 */
export async function checkRequirements(
  option: string,
  requirements: readonly Requirement[] = [],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const requirement of requirements) {
    const problem = await problemWith(option, requirement, found);
    if (problem !== undefined) throw new RigError(`${option}: ${problem}`);
  }
  return found;
}
