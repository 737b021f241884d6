#!/bin/bash
# First process of a host, in namespaces of its own: builds the host's root and becomes its supervisord.
# init.sh STATE HOST [SHARED_DIRECTORY=PATH_IN_HOST]...
set -e
state=$1 host=$2
shift 2
home=$state/hosts/$host root=$home/root

# /proc is still the machine's: the number by which the machine knows us, and our start time (numbers get reused).
read -r -a stat </proc/self/stat
echo "${stat[0]} ${stat[21]}" >"$state/run/$host.pid.new"
mv "$state/run/$host.pid.new" "$state/run/$host.pid"
# The network has been plugged in when a line arrives.
read -r _

mount --make-rprivate /
hostname "$host"
mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/sshd" "$root/run/lock" "$root/run/mysqld" "$root$state" "$root/mnt/machine"

# Of the state directory a host sees only the releases, at the path that their programs have in their first line.
mount -t tmpfs -o mode=755 tmpfs "$root$state"
mkdir "$root$state/venvs"
mount --bind "$state/venvs" "$root$state/venvs"
mount -o remount,bind,ro "$root$state/venvs"
for share in "$@"; do
  mount --bind "${share%%=*}" "$root${share#*=}"
done

cd "$root"
pivot_root . mnt/machine
umount -l /mnt/machine
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  /usr/bin/supervisord -n -c /etc/supervisor/supervisord.conf </dev/null
