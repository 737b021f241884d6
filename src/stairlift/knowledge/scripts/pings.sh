# Whether caches and coordination answer on this host. Set before it: KINDS, such as `memcached etcd`.

export LC_ALL=C
command -v timeout >/dev/null || timeout() { shift; "$@"; }
python=$(command -v python3 || echo /usr/libexec/platform-python)

asked() { # KIND PORT WORDS ANSWER: by each address that it listens on
  "$python" - "$@" <<'PY' 2>/dev/null
import socket, subprocess, sys
kind, port, words, answer = sys.argv[1:]
places = {"127.0.0.1"}
try:
    for line in open("/proc/net/tcp"):
        fields = line.split()
        if len(fields) > 3 and fields[3] == "0A" and int(fields[1].split(":")[1], 16) == int(port):
            raw = bytes.fromhex(fields[1].split(":")[0])[::-1]
            places.add("127.0.0.1" if raw == bytes(4) else socket.inet_ntoa(raw))
except OSError:
    pass
for place in sorted(places):
    try:
        with socket.create_connection((place, int(port)), 3) as one:
            one.sendall(words.encode().decode("unicode_escape").encode())
            if answer in one.recv(500).decode(errors="replace"):
                print(f"{kind}\tyes")
                break
    except OSError:
        continue
else:
    print(f"{kind}\tno")
PY
}

echo @pings
for kind in $KINDS; do
  case $kind in
    memcached) asked memcached 11211 'version\r\n' VERSION ;;
    valkey) asked valkey 6379 'PING\r\n' '' ;;
    etcd) asked etcd 2379 'GET /health HTTP/1.0\r\n\r\n' HTTP ;;
    zookeeper) asked zookeeper 2181 'ruok' '' ;;
  esac
done
echo @end
