/** Which family of distributions this host is of: os-release(5). */
import { readFileSync } from 'node:fs';

export type DistributionFamily = 'debian' | 'redhat' | 'suse';

const members: Record<DistributionFamily, string[]> = {
  debian: ['debian', 'ubuntu'],
  redhat: ['rhel', 'fedora', 'centos'],
  suse: ['suse', 'sles', 'opensuse'],
};

/** The family that the text of an os-release file names, by ID and ID_LIKE; undefined for any other. */
export function parseFamily(osRelease: string): DistributionFamily | undefined {
  const words = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap(([, value = '']) =>
    value.split(/[\s-]+/),
  );
  const families = Object.keys(members) as DistributionFamily[];
  return families.find((family) => words.some((word) => members[family].includes(word)));
}

/** The family of this host; undefined where it is none of those known. */
export function readDistributionFamily(): DistributionFamily | undefined {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseFamily(readFileSync(path, 'utf8'));
    } catch {
      // The other one may be there.
    }
  }
  return undefined;
}
