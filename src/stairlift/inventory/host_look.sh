# What runs on this host, as lines of fields between tabs. It only reads. `stairlift discover -i hosts:...` feeds it to
# `sh -s` with these set before it: PROGRAMS, an extended regular expression of command lines worth a look;
# DISTRIBUTIONS and PACKAGES, names of Python distributions and globs of packages.
#
# No environment of a process is read, and of configuration files only the lines that name a host or a WSGI module.

export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
PROC=${PROC:-/proc}
RUN=${RUN:-/var/run}
TAB=$(printf '\t')
command -v timeout >/dev/null || timeout() { shift; "$@"; }

the_host() {
  printf 'host\t%s\n' "$(hostname 2>/dev/null || uname -n)"
  printf 'name\t%s\n' "$(timeout 5 hostname -f 2>/dev/null)"
  printf 'user\t%s\n' "$(id -u)"
  printf 'time\t%s\t%s\t%s\n' "$(date -u +%s)" "$(sed -n 's/^btime //p' "$PROC/stat")" "$(getconf CLK_TCK || echo 100)"
}

# Under which name its services report: host= of their configuration, and what OVN has written down.
other_names() {
  for file in /etc/nova/nova.conf /etc/neutron/neutron.conf /etc/cinder/cinder.conf \
    /etc/kolla/nova-compute/nova.conf /etc/kolla/neutron-openvswitch-agent/neutron.conf; do
    [ -r "$file" ] && sed -n "/^\[DEFAULT\]/,/^\[[^D]/s/^host *= */name$TAB/p" "$file"
  done
  command -v ovs-vsctl >/dev/null &&
    timeout 5 ovs-vsctl --timeout=3 --if-exists get Open_vSwitch . external_ids:hostname 2>/dev/null |
      sed -n "s/\"//g; /./s/^/name$TAB/p"
}

# What no API tells: who leads OVN's databases, and whether this is a gateway of OVN's.
duties() {
  for one in nb:OVN_Northbound sb:OVN_Southbound; do
    raft "${one%%:*}" "${one#*:}" | sed -n "s/^Role: leader$/duty${TAB}ovn-${one%%:*}-db${TAB}leader/p"
  done
  command -v ovs-vsctl >/dev/null &&
    timeout 5 ovs-vsctl --timeout=3 --if-exists get Open_vSwitch . external_ids:ovn-cms-options 2>/dev/null |
      sed -n "s/.*enable-chassis-as-gw.*/duty${TAB}ovn-controller${TAB}gateway/p"
}

raft() {
  for folder in "$RUN/ovn" "$RUN/openvswitch"; do
    [ -S "$folder/ovn$1_db.ctl" ] && command -v ovs-appctl >/dev/null || continue
    timeout 5 ovs-appctl --timeout=3 -t "$folder/ovn$1_db.ctl" cluster/status "$2" 2>/dev/null
    return
  done
  for engine in docker podman; do
    command -v "$engine" >/dev/null && [ -n "$(timeout 20 "$engine" ps -q --filter "name=^ovn_$1_db\$" 2>/dev/null)" ] ||
      continue
    for folder in /var/run/ovn /var/run/openvswitch; do
      timeout 10 "$engine" exec "ovn_$1_db" ovs-appctl -t "$folder/ovn$1_db.ctl" cluster/status "$2" 2>/dev/null && return
    done
  done
}

# Field 4 of stat is the parent, field 22 the start in clock ticks since boot; the name in field 2 may hold blanks.
processes() {
  own=$(readlink "$PROC/self/ns/mnt")
  # the list ends before the loop starts: what the loop itself starts is not on it
  listed=$(grep -alE "$PROGRAMS" "$PROC"/[0-9]*/cmdline 2>/dev/null | head -n 2000)
  for file in $listed; do
    dir=${file%/cmdline} pid=${file%/cmdline} pid=${pid##*/}
    stat= && read -r stat 2>/dev/null <"$dir/stat" || continue
    set -f && set -- ${stat##*) } && set +f
    [ "$1" = Z ] && continue
    parent=$2 start=${20}
    words=$(tr '\000\t\n\r' '    ' 2>/dev/null <"$file" | head -c 1500)
    case $words in
      *privsep-helper* | *rootwrap*) continue ;; # of an agent, and gone with it
      *apache2* | *httpd* | *wsgi:*) ;; # each may serve another API
      *) cmp -s "$file" "$PROC/$parent/cmdline" 2>/dev/null && continue ;; # a worker of the one above it
    esac
    space=$(readlink "$dir/ns/mnt" 2>/dev/null)
    printf 'process\t%s\t%s\t%s\t%s\t%s\n' "$pid" "$parent" "$start" "$(group_of "$dir")" "$words"
    code_of "$dir" "$pid" "$words"
    case $words in *wsgi* | *WSGI* | *apache2* | *httpd*) wsgi_of "$dir" "$pid" "$words" ;; esac
  done
}

group_of() {
  while read -r line; do
    case $line in *.service* | *docker* | *libpod* | *lxc*) printf '%s' "${line##*:}" && return ;; esac
  done 2>/dev/null <"$1/cgroup"
}

# `runs`: whence its modules came, as the kernel has mapped them; `starts`: whence they would come after a restart.
code_of() {
  dir=$1 pid=$2 space=${space:-$own}
  places=$(sed -nE 's,^[^/]* (/.*/(site|dist)-packages)/[^(]*\.so[^( ]*( \(deleted\))?$,\1\3,p' "$dir/maps" 2>/dev/null |
    sed 's/ (deleted)$/|deleted/' | sort -u | grep -v ' ' | head -n 12)
  for place in $places; do
    case $place in *'|deleted') gone=deleted ;; *) gone= ;; esac
    printf 'runs\t%s\t%s\t%s\t%s\n' "$pid" "$space" "${place%|deleted}" "$gone"
  done
  if [ "$space" = "$own" ]; then
    root=
    for place in $(starts_of "$3"); do
      printf 'starts\t%s\t%s\t%s\n' "$pid" "$space" "$place"
      places="$places
$place"
    done
  else
    root=$dir/root
  fi
  for place in $places; do distributions "$space" "$root" "${place%|deleted}"; done
}

# The library folders of the environment that the script of a command line lies in today.
starts_of() {
  case $1 in *python* | *wsgi* | *WSGI* | *apache2* | *httpd* | *gunicorn*) ;; *) return ;; esac
  set -f
  for word in $1; do
    word=${word#(}
    case $word in
      */bin/python* | */sbin/* | -*) continue ;;
      /*/bin/*)
        script=$(readlink -f "$word") || continue
        prefix=${script%/bin/*}
        set +f
        ls -d "$prefix"/lib/python3*/site-packages "$prefix"/lib/python3*/dist-packages 2>/dev/null
        [ "$prefix" = /usr ] && ls -d /usr/local/lib/python3*/site-packages /usr/local/lib/python3*/dist-packages 2>/dev/null
        return ;;
    esac
  done
  set +f
}

seen=
distributions() {
  case $seen in *"|$1:$3|"*) return ;; esac
  seen="$seen|$1:$3|"
  for name in $DISTRIBUTIONS; do
    for folder in "$2$3/$name"-[0-9]*.dist-info "$2$3/$name"-[0-9]*.egg-info; do
      case ${folder##*/} in *[!A-Za-z0-9._+!-]*) continue ;; esac # a name that could make lines of its own
      [ -e "$folder" ] && printf 'dist\t%s\t%s\t%s\t%s\n' "$1" "$3" "${folder##*/}" "$(stat -c %Y "$folder")"
    done
  done
}

# Which module an API server loads: uWSGI's files, and Apache's aliases.
wsgi_of() {
  dir=$1 pid=$2
  set -f
  for word in $3; do
    word=${word#*=}
    case $word in
      /*.ini | /*.yaml | /*.yml | /*.conf)
        [ -f "$dir/root$word" ] && # a pipe would keep us waiting
          sed -nE "s/^[[:space:]]*(module|wsgi|wsgi-file|mount)[[:space:]]*[=:][[:space:]]*/wsgi$TAB$pid$TAB/p" \
            "$dir/root$word" 2>/dev/null ;;
    esac
  done
  set +f
  case $3 in *apache2* | *httpd*)
    timeout 5 cat "$dir/root"/etc/apache2/sites-enabled/* "$dir/root"/etc/apache2/conf-enabled/* \
      "$dir/root"/etc/httpd/conf.d/* "$dir/root"/etc/apache2/vhosts.d/* 2>/dev/null |
      sed -nE "s/^[[:space:]]*WSGIScriptAlias[[:space:]]+[^[:space:]]+[[:space:]]+\"?([^[:space:]\"]+).*/wsgi$TAB$pid$TAB\1/p" |
      sort -u ;;
  esac
}

# Only by the files of managers that root or whoever looks has started here: root is to trust nobody else's.
supervised() {
  command -v supervisorctl >/dev/null || return 0
  for file in $(grep -al supervisord "$PROC"/[0-9]*/cmdline 2>/dev/null | head -n 50); do
    ours "${file%/cmdline}" || continue
    config=$(tr '\000' '\n' <"$file" | sed -nE '/^(-c|--configuration)$/{n;p;}' | head -n 1)
    timeout 15 supervisorctl ${config:+-c "$config"} status 2>/dev/null |
      sed -nE "s/^([^[:space:]]+)[[:space:]]+([A-Z]+)([[:space:]]+pid ([0-9]+))?.*/program$TAB\1$TAB\2$TAB\4/p"
  done | sort -u
}

# By the real user, since a program with the rights of another one takes the words of whoever has started it.
ours() {
  there=$(readlink "$1/ns/mnt" 2>/dev/null)
  [ "${there:-$own}" = "$own" ] || return 1
  case $(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$1/status") in 0 | "$(id -u)") ;; *) return 1 ;; esac
}

units() {
  command -v systemctl >/dev/null || return 0
  set -f
  set -- $(timeout 20 systemctl list-units --type=service --all --plain --no-legend 2>/dev/null |
    sed 's/[[:space:]].*//' | grep -E "$PROGRAMS|devstack@" | head -n 400)
  set +f
  [ $# -eq 0 ] && return 0
  timeout 20 systemctl show -p Id,ActiveState,SubState,UnitFileState,MainPID,ExecStart -- "$@" 2>/dev/null |
    awk -F= -v OFS='\t' '
      function told() { if (v["Id"]) print "unit", v["Id"], v["ActiveState"], v["SubState"], v["UnitFileState"], v["MainPID"], v["ExecStart"]; delete v }
      /^$/ { told(); next }
      { key = $1; sub(/^[^=]*=/, ""); gsub(/\t/, " ") }
      key == "ExecStart" { sub(/.*argv\[\]=/, ""); sub(/ ; .*/, ""); $0 = substr($0, 1, 1500) }
      { v[key] = $0 }
      END { told() }'
}

containers() {
  for engine in docker podman; do
    command -v "$engine" >/dev/null &&
      timeout 30 "$engine" ps -a --no-trunc --format "container$TAB$engine$TAB{{.ID}}$TAB{{.Names}}$TAB{{.Image}}$TAB{{.State}}" 2>/dev/null
  done
}

packages() {
  set -f
  if command -v dpkg-query >/dev/null; then
    dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n' $PACKAGES 2>/dev/null |
      sed -n "s/^installed$TAB//p" | while IFS=$TAB read -r name version architecture; do
        file=/var/lib/dpkg/info/$name.list
        [ -e "$file" ] || file=/var/lib/dpkg/info/$name:$architecture.list
        printf 'package\t%s\t%s\t%s\n' "$name" "$version" "$(stat -c %Y "$file" 2>/dev/null)"
      done
  elif command -v rpm >/dev/null; then
    rpm -qa --qf 'package\t%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\n' $PACKAGES 2>/dev/null
  fi
  set +f
}

{
  the_host
  other_names
  duties
  processes
  supervised
  units
  containers
  packages
  echo end
} 2>/dev/null | head -c 3000000
