# Ceph's own words on its health, where this host can ask it.

export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
command -v timeout >/dev/null || timeout() { shift; "$@"; }
ceph() {
  if [ -n "$IN" ]; then timeout 30 $IN ceph "$@"; else timeout 30 env ceph "$@"; fi 2>/dev/null </dev/null
}
IN=
for engine in docker podman; do
  command -v "$engine" >/dev/null || continue
  container=$(timeout 20 "$engine" ps --format '{{.Names}}' 2>/dev/null | grep -E '^ceph.*mon' | head -n 1)
  [ -n "$container" ] && IN="$engine exec $container"
done
if [ -z "$IN" ] && { ! command -v ceph >/dev/null || [ ! -e /etc/ceph/ceph.conf ]; }; then
  echo '@absent'
  echo @end
  exit 0
fi
echo @status
ceph -s -f json
echo
echo @versions
ceph versions -f json
echo
echo @end
