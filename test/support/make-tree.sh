# Makes a Debian tree for the tests. Runs in mount and pid namespaces of its own, so that nothing it mounts or that a
# package starts is left over.
#
#   bash make-tree.sh MIRROR RELEASE TREE BASE|none [PACKAGE...]
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

mirror=$1 release=$2 tree=$3 base=$4
shift 4

in_tree() {
  chroot "$tree" "$@"
}

# A proxy, or a relaxed check of dates, that this machine needs to reach its archive is needed by the tree too.
apt_settings=$(apt-config dump | grep -E '^Acquire::(Check|Retries|https?|ftp)' || true)
proxy=$(sed -n 's/^Acquire::http::Proxy "\(.\+\)";$/\1/p' <<<"$apt_settings")
[[ -z $proxy ]] || export http_proxy=$proxy https_proxy=$proxy

if [[ $base == none ]]; then
  include=()
  [[ $mirror != https:* ]] || include=(--include=ca-certificates)
  debootstrap --variant=minbase "${include[@]}" "$release" "$tree" "$mirror"
  rm -f "$tree"/var/cache/apt/archives/*.deb
  exit
fi

cp -a "$base/." "$tree/"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
mount -t proc proc "$tree/proc"
# The kernel's settings are those of this machine, and a package may want others: systemd-coredump does, of core_pattern.
mount --bind "$tree/proc/sys" "$tree/proc/sys"
mount -o remount,bind,ro "$tree/proc/sys"
echo "$apt_settings" >"$tree/etc/apt/apt.conf.d/90test"
printf '%s\n' force-unsafe-io path-exclude=/usr/lib/sysctl.d/50-coredump.conf >"$tree/etc/dpkg/dpkg.cfg.d/test"
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"
in_tree apt-get update
in_tree apt-get install -y --no-install-recommends "$@"
in_tree apt-get clean
rm -rf "$tree"/var/lib/apt/lists/* "$tree/usr/sbin/policy-rc.d" "$tree/etc/apt/apt.conf.d/90test"

# Two people: alice may become root without a password, bob may not.
in_tree useradd --create-home --shell /bin/bash alice
in_tree useradd --create-home --shell /bin/bash bob
echo 'alice ALL=(ALL:ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/alice"
chmod 440 "$tree/etc/sudoers.d/alice"

# sudo looks its own host up.
echo testhost >"$tree/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 testhost\n' >"$tree/etc/hosts"

# As on the hosts that end what a user has left running when he logs out.
mkdir -p "$tree/etc/systemd/logind.conf.d"
printf '[Login]\nKillUserProcesses=yes\n' >"$tree/etc/systemd/logind.conf.d/kill.conf"

# /var/log/messages as Red Hat and SUSE write it, beside Debian's own syslog and auth.log.
echo '*.info;mail.none;auth,authpriv.none;cron.none /var/log/messages' >"$tree/etc/rsyslog.d/messages.conf"

# Nobody logs in at the console, and no timer may write to the logs in the middle of a test.
for unit in console-getty.service getty.target apt-daily.timer apt-daily-upgrade.timer logrotate.timer \
  dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
umount --recursive "$tree/proc"
