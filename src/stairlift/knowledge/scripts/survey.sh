# The state of this host as sections: `@NAME` in a line of its own, then what was seen. It only reads. Of configuration
# files only the options that are named here are shown; none of them holds a secret.

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
TAB=$(printf '\t')
PROJECTS='aodh barbican blazar ceilometer cinder cloudkitty cyborg designate glance heat ironic keystone magnum manila
  masakari mistral neutron nova octavia placement swift trove watcher zun'
command -v timeout >/dev/null || timeout() { shift; "$@"; }

the_system() {
  echo @os
  sed -nE 's/^(ID|VERSION_ID)="?([^"]*)"?$/\1=\2/p' /etc/os-release
  echo @python
  for python in python3 /usr/libexec/platform-python; do
    command -v "$python" >/dev/null && timeout 10 "$python" -V && break
  done 2>&1
  echo @clock
  date -u +%s.%N
  echo @chrony
  command -v chronyc >/dev/null && timeout 5 chronyc -c tracking 2>&1
  echo @load
  cat /proc/loadavg
  echo @cores
  getconf _NPROCESSORS_ONLN
}

disks() {
  echo @disk
  set --
  for folder in / /var /var/log /var/lib/mysql /var/lib/docker /var/lib/containers /var/lib/nova /var/lib/glance \
    /var/lib/rabbitmq /opt /openstack; do
    [ -d "$folder" ] && set -- "$@" "$folder"
  done
  timeout 15 df -Pk -- "$@" 2>/dev/null
  echo @inodes
  timeout 15 df -Pi -- "$@" 2>/dev/null
  echo @database-size
  for folder in /var/lib/mysql /var/lib/docker/volumes/mariadb/_data; do
    [ -d "$folder" ] && timeout 30 du -sk -- "$folder" 2>/dev/null
  done
}

# Only where apt has installed OpenStack; a candidate is what an upgrade would bring today.
packages() {
  echo @packages
  command -v dpkg-query >/dev/null || return 0
  names=$(for project in $PROJECTS; do echo "python3-$project"; done)
  set -f
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' $names libvirt-daemon 2>/dev/null |
    sed -n 's/^installed //p')
  set +f
  echo "$installed" | sed '/^$/d'
  set -- $(echo "$installed" | sed -n 's/^\(python3-[^ ]*\) .*/\1/p')
  [ $# -eq 0 ] && return 0
  echo @candidates
  timeout 20 apt-cache policy "$@" 2>/dev/null |
    awk '/^[^ ]/ { name = $1; sub(/:$/, "", name) } /^  Candidate:/ { print name, $2 }'
  echo @held
  timeout 20 apt-mark showhold 2>/dev/null
  echo @simulated
  timeout 60 apt-get -s -q -o Debug::NoLocking=1 dist-upgrade 2>&1 | grep -E '^(Remv|E:)' |
    sed 's,://[^@/ ]*@,://***@,g' | head -n 50
  echo @automatic
  for unit in unattended-upgrades.service apt-daily-upgrade.timer; do
    [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = enabled ] && echo "$unit"
  done
}

hypervisor() {
  echo @libvirt
  for program in libvirtd virtqemud; do
    command -v "$program" >/dev/null && timeout 10 "$program" --version 2>&1 && break
  done
  for engine in docker podman; do
    command -v "$engine" >/dev/null && timeout 20 "$engine" exec nova_libvirt libvirtd --version 2>/dev/null
  done
  echo @qemu
  for program in qemu-system-x86_64 qemu-kvm /usr/libexec/qemu-kvm qemu-system-aarch64; do
    command -v "$program" >/dev/null && timeout 10 "$program" --version 2>&1 | head -n 1 && break
  done
  for engine in docker podman; do
    command -v "$engine" >/dev/null && timeout 20 "$engine" exec nova_libvirt qemu-system-x86_64 --version 2>/dev/null
  done | head -n 1
}

# What nova-compute knows itself by: in its state_path, or in its container; `?` where nobody lets us look.
identity() {
  echo @compute-id
  state=$(sed -n 's/^state_path *= *//p' /etc/nova/nova-cpu.conf /etc/nova/nova.conf 2>/dev/null | head -n 1)
  hidden=
  for folder in "${state:-/var/lib/nova}" /var/lib/nova /var/lib/docker/volumes/nova_compute/_data \
    /var/lib/containers/storage/volumes/nova_compute/_data; do
    [ -r "$folder/compute_id" ] && head -c 64 -- "$folder/compute_id" && echo && return
    [ -d "$folder" ] && [ ! -x "$folder" ] && hidden='?'
  done
  for engine in docker podman; do
    command -v "$engine" >/dev/null || continue
    timeout 20 "$engine" exec nova_compute head -c 64 /var/lib/nova/compute_id 2>/dev/null </dev/null && echo && return
  done
  echo "$hidden"
}

# FILE, SECTION, OPTION, VALUE. The last file that sets an option is not told from the others: all are shown.
options() {
  echo @options
  for project in $PROJECTS; do
    for file in "/etc/$project/$project.conf" "/etc/$project"/*.conf.d/*.conf "/etc/kolla"/*/"$project.conf"; do
      [ -r "$file" ] || continue
      printf '%s\t\t\t\n' "$file"
      awk -v file="$file" -v OFS='\t' '
        /^[ \t]*\[/ { section = $0; gsub(/^[ \t]*\[|\].*$/, "", section); next }
        /^[ \t]*[#;]/ { next }
        {
          key = $0; sub(/[ \t]*=.*/, "", key); gsub(/^[ \t]+/, "", key)
          if (key !~ /^(send_service_user_token|rabbit_quorum_queue|amqp_durable_queues|graceful_shutdown_timeout|manager_shutdown_timeout)$/) next
          value = $0; sub(/^[^=]*=[ \t]*/, "", value)
          print file, section, key, substr(value, 1, 200)
        }' "$file"
    done
  done
  echo @policies
  for project in $PROJECTS; do
    for file in "/etc/$project"/policy.json "/etc/kolla"/*/policy.json; do
      case $file in /etc/kolla/*) [ "${file%/*}" = "${file%/"$project"*}" ] && continue ;; esac
      [ -s "$file" ] && echo "$file"
    done
  done | sort -u
}

# How long whatever keeps a program running lets it take to stop: UNIT, SECONDS.
stops() {
  echo @stops
  pattern=$(echo $PROJECTS | tr ' ' '|')
  if command -v systemctl >/dev/null; then
    set -f
    set -- $(timeout 20 systemctl list-units --type=service --plain --no-legend 2>/dev/null |
      sed 's/[[:space:]].*//' | grep -E "^(devstack@|$pattern)" | head -n 200)
    set +f
    [ $# -gt 0 ] && timeout 20 systemctl show -p Id,TimeoutStopUSec -- "$@" 2>/dev/null |
      awk -F= -v OFS='\t' '$1 == "Id" { id = $2 } $1 == "TimeoutStopUSec" { stop = $2 }
        /^$/ { print id, stop } END { if (id) print id, stop }' | sort -u
  fi
  for engine in docker podman; do
    command -v "$engine" >/dev/null || continue
    set -- $(timeout 20 "$engine" ps --format '{{.Names}}' 2>/dev/null | grep -E "^($pattern)" | head -n 200)
    [ $# -gt 0 ] && timeout 30 "$engine" inspect \
      --format "{{.Name}}$TAB{{.Config.StopTimeout}}s" "$@" 2>/dev/null | sed 's,^/,,'
  done
  for file in /etc/supervisor/supervisord.conf /etc/supervisord.conf /etc/supervisor/conf.d/*.conf; do
    [ -r "$file" ] && command -v supervisorctl >/dev/null && awk -v OFS='\t' '
      /^\[/ { program = ""; if ($0 ~ /^\[program:/) { program = $0; gsub(/^\[program:|\]$/, "", program) } }
      program && /^stopwaitsecs *=/ { sub(/^[^=]*= */, ""); print program, $0 "s" }' "$file" |
      grep -E "^($pattern)"
  done
  echo @end
}

the_system
disks
packages
hypervisor
identity
options
stops
