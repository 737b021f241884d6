# What OVN's databases and chassis say of themselves on this host, as sections. It only reads.

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
RUN=${RUN:-/var/run}
command -v timeout >/dev/null || timeout() { shift; "$@"; }

inside() { # the container of this name that runs here, and what a command in it begins with
  for engine in docker podman; do
    command -v "$engine" >/dev/null && [ -n "$(timeout 20 "$engine" ps -q --filter "name=^$1\$" 2>/dev/null)" ] &&
      echo "$engine exec $1" && return
  done
  return 1
}

# `@NAME CODE` and what a member says of its cluster, or why it says nothing.
member() {
  said= code=1 IN=
  if command -v ovs-appctl >/dev/null; then
    for folder in "$RUN/ovn" "$RUN/openvswitch"; do
      [ -S "$folder/ovn$1_db.ctl" ] && status "$folder" "$@" && break
    done
  fi
  if [ -z "$said" ] && IN=$(inside "ovn_$1_db"); then
    for folder in /var/run/ovn /var/run/openvswitch; do
      status "$folder" "$@" && break
    done
  fi
  [ -n "$said" ] && printf '@%s\n%s\n%s\n' "$1" "$code" "$said"
}

status() { # a server that does not know the command has answered, too
  said=$(timeout 20 $IN ovs-appctl --timeout=15 -t "$1/ovn$2_db.ctl" cluster/status "$3" 2>&1 </dev/null)
  code=$?
  case $said in *"not a valid command"*) return 0 ;; esac
  return "$code"
}

member nb OVN_Northbound
member sb OVN_Southbound

IN=
command -v ovs-vsctl >/dev/null || IN=$(inside openvswitch_db) || IN=$(inside openvswitch_vswitchd)
for key in ovn-match-northd-version ovn-cms-options; do
  said=$(timeout 20 $IN ovs-vsctl --timeout=15 --if-exists get Open_vSwitch . "external_ids:$key" 2>/dev/null </dev/null) &&
    printf '@%s\n%s\n' "$key" "$(printf '%s' "$said" | tr -d '"')"
done

# Which chassis carries each gateway port of a router: none where nobody does.
ports() {
  said=$(timeout 40 $IN ovn-sbctl --db="unix:$1/ovnsb_db.sock" --no-leader-only --timeout=30 --format=csv --data=bare \
    --no-headings --columns=logical_port,chassis find Port_Binding type=chassisredirect 2>/dev/null </dev/null) &&
    printf '@gateways\n%s\n' "$said"
}

gateways() {
  IN=
  for folder in "$RUN/ovn" "$RUN/openvswitch"; do
    [ -S "$folder/ovnsb_db.sock" ] && command -v ovn-sbctl >/dev/null && ports "$folder" && return
  done
  IN=$(inside ovn_sb_db) || return
  for folder in /var/run/ovn /var/run/openvswitch; do
    ports "$folder" && return
  done
}

gateways
echo @end
