# Runs a command that finds cgroups of its own named in RIG_TEST_CGROUPS, and removes them when it has ended. nspawn
# divides the cgroup that it is started in: two machines would meet there, and nobody would tidy up.
#
#   bash cgroup.sh COMMAND [ARGUMENT...]
set -euo pipefail

# The hierarchies that systemd uses: cgroup2, or beside it or alone the named one of version 1.
own_cgroups() {
  local id controllers path
  while IFS=: read -r id controllers path; do
    case $controllers in
    name=systemd) echo "/sys/fs/cgroup/systemd$path" ;;
    '') if [[ -d /sys/fs/cgroup/unified ]]; then echo "/sys/fs/cgroup/unified$path"; else echo "/sys/fs/cgroup$path"; fi ;;
    esac
  done </proc/self/cgroup
}

# The last process may still be on its way out, and then its cgroup cannot be removed yet.
remove() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [[ -d $1 ]] || return 0
    sleep 0.05
  done
}

RIG_TEST_CGROUPS=
for parent in $(own_cgroups); do
  [[ -w $parent/cgroup.procs ]] || continue
  mkdir "${parent%/}/rig-test-$$"
  RIG_TEST_CGROUPS+=${RIG_TEST_CGROUPS:+$'\n'}${parent%/}/rig-test-$$
done
export RIG_TEST_CGROUPS

status=0
"$@" || status=$?
while read -r dir; do remove "$dir"; done <<<"$RIG_TEST_CGROUPS"
exit "$status"
