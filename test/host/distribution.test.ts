import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFamily } from '../../src/host/distribution.ts';

for (const [osRelease, family] of [
  ['PRETTY_NAME="Debian GNU/Linux 12"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n', 'debian'],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', 'debian'],
  ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'debian'],
  ['NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\n', 'redhat'],
  ['NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', 'redhat'],
  ["NAME='Amazon Linux'\nID='amzn'\nID_LIKE='centos rhel fedora'\n", 'redhat'],
  ['NAME="SLES"\nID="sles"\nID_LIKE="suse"\n', 'suse'],
  ['NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'suse'],
  ['NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\n', 'suse'],
  ['NAME="Alpine Linux"\nID=alpine\nHOME_URL="https://debian.example/"\n', undefined],
  ['VARIANT_ID=fedora\nNAME=debian\n', undefined],
  ['', undefined],
] as const)
  test(`os-release ${JSON.stringify(osRelease.slice(0, 60))} names the family ${family}`, () => {
    assert.equal(parseFamily(osRelease), family);
  });
