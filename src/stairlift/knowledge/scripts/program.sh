# Runs one program of a project where its services run: in a container, or from the environment that their processes
# have loaded, or Apache's for them. Set before it: PROJECT, SERVICES (binaries, the best first), RELEASE (that of the
# code which is wanted) and SOURCE (that which runs; the same, unless the target's code is wanted), WITHIN (how many
# seconds it may take). WITH is `env NAME=VALUE...` or empty.
# `program NAME ARGUMENT...` runs it, `given WORD...` runs what the operator gave; TRIAL are arguments that have to work
# before these count; INPUT is what it reads, as a file called /dev/stdin.
#
# Its output follows `@ran HOW` and ends with `@ended CODE`, behind `@late SECONDS` where it took too long; `@none WHY`
# where there is no such program here, behind `@seen` where it is known how the others got there.

export LC_ALL=C PYTHONWARNINGS=ignore
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v timeout >/dev/null || timeout() { shift; "$@"; }
PIPED='cat | "$@"' # who opens /dev/stdin by its name must own the pipe

given() { # by the words that the operator gave
  case $1 in */*) [ -x "$1" ] ;; *) command -v "$1" >/dev/null ;; esac || { echo "@none there is no $1 here" && return; }
  ran "$@"
}

ran() {
  if [ -n "$TRIAL" ] && ! tried "$@"; then
    echo "@none it does not run read-only here, which takes MySQL or MariaDB"
    return
  fi
  echo "@ran $*"
  if [ -n "$INPUT" ]; then printf %s "$INPUT" | timeout "$WITHIN" "$@" 2>&1; else timeout "$WITHIN" "$@" </dev/null 2>&1; fi
  code=$?
  [ "$code" -ne 124 ] || printf '\n@late %s\n' "$WITHIN" # as timeout(1) leaves
  printf '\n@ended %s\n' "$code"
}

# The same command line with the arguments of the trial: those of the program itself are the last ARGUMENTS words.
tried() (
  count=$(($# - ARGUMENTS)) words=
  set -f
  for word in "$@"; do
    [ "$count" -gt 0 ] && words="$words $word"
    count=$((count - 1))
  done
  timeout 60 $words $TRIAL </dev/null >/dev/null 2>&1
)

program() {
  name=$1
  shift
  if [ "$RELEASE" = "$SOURCE" ]; then
    in_container "$name" "$@" && return
  fi
  found=$(environment "$name")
  if [ -n "$found" ]; then
    as_user "${found%% *}" "${found#* }/bin/$name" "$@"
  else
    installed
    echo "@none no $name of $RELEASE was found here; command and target_command of [checks] say where it is"
  fi
}

# How the services came here: `@seen kolla ENGINE SERVICE IMAGE`, or `@seen host` where they run on the host itself.
installed() {
  for engine in docker podman; do
    command -v "$engine" >/dev/null || continue
    for service in $SERVICES; do
      [ -d "/etc/kolla/$service" ] || continue
      image=$(timeout 20 "$engine" ps --format '{{.Names}} {{.Image}}' 2>/dev/null | sed -n "s/^$(echo "$service" | tr - _) //p")
      [ -n "$image" ] && echo "@seen kolla $engine $service $image" && return
    done
  done
  [ -n "$(places)" ] && echo "@seen host"
}

in_container() {
  for engine in docker podman; do
    command -v "$engine" >/dev/null || continue
    for service in $SERVICES; do
      container=$(timeout 20 "$engine" ps --format '{{.Names}}' 2>/dev/null | grep -xE "$(echo "$service" | tr - _)" | head -n 1)
      [ -n "$container" ] || continue
      [ -n "$INPUT" ] && set -- sh -c "$PIPED" sh "$@"
      ran "$engine" exec ${INPUT:+-i} "$container" $WITH "$@" && return 0
    done
  done
  command -v lxc-attach >/dev/null || return 1
  container=$(timeout 20 lxc-ls -1 --running 2>/dev/null | grep -E "_${PROJECT}_" | head -n 1)
  [ -n "$container" ] || return 1
  inside=$(lxc-attach -n "$container" -- sh -c "ls -d /openstack/venvs/$PROJECT-*/bin/$1 /usr/bin/$1" 2>/dev/null | tail -n 1)
  [ -n "$inside" ] && shift && ran lxc-attach -n "$container" -- $WITH "$inside" "$@"
}

# As whoever the service runs as, so that no log file of root's is left where that one could not write it.
as_user() {
  user=$1
  shift
  [ -n "$INPUT" ] && set -- sh -c "$PIPED" sh "$@"
  if [ "$user" != "$(id -un)" ] && [ "$(id -u)" = 0 ] && command -v runuser >/dev/null; then
    ran runuser -u "$user" -- $WITH "$@"
  else
    ran $WITH "$@"
  fi
}

# Where the modules of a service's process come from, behind the user that it runs as; of the target, the folder beside
# it that its release names.
environment() {
  places | while read -r user place; do
    if [ "$RELEASE" != "$SOURCE" ]; then
      case $place in
        *"$RELEASE"*) ;;
        *"$SOURCE"*) place=$(echo "$place" | sed "s|$SOURCE|$RELEASE|") ;;
        *) continue ;;
      esac
    fi
    [ -x "$place/bin/$1" ] && echo "$user $place" && break
  done
}

places() {
  own=$(readlink /proc/self/ns/mnt)
  for service in $SERVICES; do
    for file in $(grep -alE "(/bin/|/|^\(wsgi:)$service" /proc/[0-9]*/cmdline 2>/dev/null | head -n 20); do
      [ "$(readlink "${file%/cmdline}/ns/mnt" 2>/dev/null)" = "$own" ] || continue
      user=$(stat -c %U "${file%/cmdline}")
      sed -nE "s,^[^/]* (/.*)/lib/python3[^/]*/(site|dist)-packages/.*,$user \1,p" "${file%/cmdline}/maps" 2>/dev/null
    done
  done | awk '!seen[$0]++' | head -n 20
}
