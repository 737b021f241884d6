# Digests of Keystone's key repositories, so that nodes can be compared: what is told is no key.

export LC_ALL=C
command -v timeout >/dev/null || timeout() { shift; "$@"; }

digest() ( # in a folder, by the names and contents of its keys; nothing where one of them cannot be read
  cd "$2" 2>/dev/null || exit 0
  keys=
  for name in *; do
    [ -f "$name" ] || continue
    [ -r "$name" ] || exit 0
    keys="$keys $name $(sha256sum <"$name")"
  done
  [ -n "$keys" ] && printf '%s=%s\n' "$1" "$(printf '%s' "$keys" | sha256sum | cut -d ' ' -f 1)"
)

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
