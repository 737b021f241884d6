# Which RPC version nova's services have chosen, as their newest logs say, and what the configuration holds them to.

export LC_ALL=C
command -v timeout >/dev/null || timeout() { shift; "$@"; }
echo @chosen
for file in /var/log/nova/nova-*.log /var/log/kolla/nova/nova-*.log /var/log/nova-*.log; do
  [ -r "$file" ] && [ -n "$(find "$file" -mtime -1)" ] || continue # what writes no more is gone
  line=$(tail -c 20000000 "$file" | grep -E 'Automatically selected (compute )?RPC version' | tail -n 1)
  [ -n "$line" ] && printf '%s\t%s\n' "$(basename "$file" .log)" \
    "$(printf '%s' "$line" | sed -nE 's/.*RPC version ([0-9.]+) from minimum service version ([0-9]+).*/\1\t\2/p')"
done
echo @pinned
for file in /etc/nova/nova.conf /etc/kolla/nova-*/nova.conf /etc/ironic/ironic.conf /etc/kolla/ironic-*/ironic.conf; do
  [ -r "$file" ] || continue
  sed -n '/^\[upgrade_levels\]/,/^\[/s/^compute *= *\(.*\)/compute\t\1/p; s/^pin_release_version *= *\(.*\)/pin_release_version\t\1/p
    s/^disable_compute_service_check_for_ffu *= *\(.*\)/disable_compute_service_check_for_ffu\t\1/p' \
    "$file" | sed "s|^|$file	|"
done
echo @end
