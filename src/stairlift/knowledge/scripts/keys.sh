# Digests of Keystone's key repositories, so that nodes can be compared: what is told is no key.

export LC_ALL=C
command -v timeout >/dev/null || timeout() { shift; "$@"; }

digest() { # in a folder, by the names and contents of its keys
  [ -d "$2" ] && (cd "$2" 2>/dev/null && ls | LC_ALL=C sort | while read -r name; do
    [ -f "$name" ] && printf '%s ' "$name" && sha256sum <"$name"
  done) | sha256sum | sed "s|^|$1=|; s| .*||"
}

for kind in fernet:fernet_tokens:fernet-keys credential:credential:credential-keys; do
  name=${kind%%:*} rest=${kind#*:}
  section=${rest%%:*} usual=${rest#*:}
  folder=$(sed -n "/^\[$section\]/,/^\[/s/^key_repository *= *//p" /etc/keystone/keystone.conf 2>/dev/null | head -n 1)
  echo "@$name"
  digest "$name" "${folder:-/etc/keystone/$usual}"
  for root in /var/lib/docker/volumes /var/lib/containers/storage/volumes; do
    [ "$name" = fernet ] && digest "$name" "$root/keystone_fernet_tokens/_data"
  done
done
echo @end
