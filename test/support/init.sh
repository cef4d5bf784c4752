# PID 1 of a test host: sets up the private mounts, says "ready <its pid outside>", then reaps what is adopted until
# its standard input ends. The test process holds the other end, so even a killed test run leaves nothing behind.
#
#   bash init.sh host BINARY PLACE=TMPFS-OPTIONS|PLACE=disk:FOLDER ...
#   bash init.sh tree BINARY TREE
#   bash init.sh machine BINARY TREE [unified]
set -euo pipefail
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mode=$1 binary=$2
shift 2

# /proc is still that of the outside here, so this is the pid under which nsenter finds us.
read -r outside _ </proc/self/stat

# The binary and the folders to bind may lie under a place that is about to be covered: keep them open.
exec 8<"$binary"

# bind_descriptor FD TARGET: mounts the file or folder that is open, even if its path is covered.
bind_descriptor() {
  mount --no-canonicalize --bind "/proc/self/fd/$1" "$2"
}

# overlay LOWER NAME TARGET: a private, writable view. A relative lowerdir spares escaping ':' and ',' in the path.
overlay() {
  mkdir -p "$stage/$2/upper" "$stage/$2/work"
  chmod --reference="$1" "$stage/$2/upper"
  (cd "$1" && mount -t overlay -o "lowerdir=.,upperdir=$stage/$2/upper,workdir=$stage/$2/work" "rig-test" "$3")
}

# A /dev of our own: /dev/log must not appear on the real host, and kernel messages (no /dev/kmsg) stay out of the tests.
make_dev() {
  local node name
  mount -t tmpfs -o mode=755,nosuid tmpfs "$1"
  umask 0
  for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$1/${node%:*}" c 1 "${node#*:}"; done
  mknod -m 666 "$1/tty" c 5 0
  umask 022
  mkdir "$1/pts" "$1/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$1/pts"
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$1/shm"
  for name in ptmx:pts/ptmx fd:/proc/self/fd stdin:/proc/self/fd/0 stdout:/proc/self/fd/1 stderr:/proc/self/fd/2 \
    log:/run/systemd/journal/dev-log; do
    ln -s "${name#*:}" "$1/${name%%:*}"
  done
}

# This machine, but all that a test may write to is private.
enter_host() {
  local dir place
  declare -A held=()
  for place in "$@"; do
    if [[ ${place#*=} == disk:* ]]; then exec {fd}<"${place#*=disk:}"; held[${place%%=*}]=$fd; fi
  done
  stage=/mnt
  mount -t tmpfs -o mode=755 tmpfs "$stage"
  for dir in /etc /home /root /usr/local /var/lib /var/spool; do
    [[ ! -d $dir ]] || overlay "$dir" "${dir//\//-}" "$dir"
  done
  # What rigs of this machine have left, and what its user has a shell do: bash reads ~/.bashrc where its input is a socket.
  rm -rf /var/lib/rig /root/.bashrc
  umount --lazy "$stage" # the overlays hold on to it; /mnt is as it was
  for place in "$@"; do
    dir=${place%%=*}
    if [[ -v held[$dir] ]]; then bind_descriptor "${held[$dir]}" "$dir"; else mount -t tmpfs -o "${place#*=}" tmpfs "$dir"; fi
  done
  for fd in "${held[@]}"; do exec {fd}<&-; done
  mkdir -p /run/systemd/journal /run/lock /usr/local/bin
  touch /usr/local/bin/rig
  bind_descriptor 8 /usr/local/bin/rig
  make_dev /dev
  mount -t proc proc /proc
  # An image made for containers may come without one, and journald will not start then.
  [[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
}

# A fresh, writable view of a Debian tree, at $stage/root.
mount_tree() {
  stage=/mnt
  exec 9<"$1"
  mount -t tmpfs -o mode=755 tmpfs "$stage"
  mkdir "$stage/root"
  overlay /proc/self/fd/9 tree "$stage/root"
  exec 9<&-
}

# A bare Debian with nothing of this machine but the one file.
enter_tree() {
  mount_tree "$1"
  cd "$stage/root"
  make_dev dev
  mount -t tmpfs -o mode=755,nosuid tmpfs run
  cat <&8 >root/rig
  chmod 755 root/rig
  mkdir .outside
  mount -t proc proc proc
  pivot_root . .outside
  umount --lazy /.outside
  rmdir /.outside
}

# A Debian that boots: the systemd in it is a child of this process, which stays outside of the machine.
enter_machine() {
  mount_tree "$1"
  cat <&8 >"$stage/root/usr/local/bin/rig"
  chmod 755 "$stage/root/usr/local/bin/rig"
  mount -t tmpfs -o mode=755 tmpfs /run # nspawn keeps its books there
  mount -t proc proc /proc
  [[ ${2-} != unified ]] || export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 # else it does as the machine outside
  # At a reboot nspawn ends with 133 and wants to be started again.
  (until start_machine; [[ $? != 133 ]]; do :; done) &
}

# Only nspawn, which divides the cgroup further: a cgroup that is divided may not hold processes itself.
start_machine() (
  while read -r dir; do echo 0 >"$dir/cgroup.procs"; done <<<"$RIG_TEST_CGROUPS"
  exec systemd-nspawn --quiet --directory "$stage/root" --register=no --keep-unit --boot --private-network \
    --machine=testhost --console=pipe </dev/null >/run/console 2>&1
)

"enter_$mode" "$@"
exec 8<&-
echo testhost >/proc/sys/kernel/hostname
if [[ $mode == host ]]; then ip link set lo up; fi
cd /
echo "ready $outside"
exec >/dev/null 2>&1
while read -r _; do :; done
