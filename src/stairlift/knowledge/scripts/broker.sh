# What RabbitMQ says of itself on this host, as sections. It only reads.

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/rabbitmq/bin
command -v timeout >/dev/null || timeout() { shift; "$@"; }

IN=
for engine in docker podman; do
  command -v "$engine" >/dev/null && [ -n "$(timeout 20 "$engine" ps -q --filter name='^rabbitmq$' 2>/dev/null)" ] &&
    IN="$engine exec rabbitmq"
done
if [ -z "$IN" ] && ! command -v rabbitmqctl >/dev/null; then
  echo "@none there is no rabbitmqctl here"
  exit 0
fi

ctl() { timeout 60 $IN "$@" 2>/dev/null </dev/null; }
verdict() { # `@NAME CODE` and the last lines; what a command says of itself where it fails has a hash of the cookie
  name=$1
  shift
  said=$(timeout 60 $IN "$@" 2>&1 </dev/null)
  code=$?
  printf '@%s\n%s\n' "$name" "$code"
  printf '%s\n' "$said" | sed '/^Current node details/,$d; /[Cc]ookie/d' | tail -n 5
}

verdict running rabbitmq-diagnostics check_running
verdict alarms rabbitmq-diagnostics check_local_alarms
verdict quorum rabbitmq-diagnostics check_if_node_is_quorum_critical
echo @cluster
ctl rabbitmqctl cluster_status --formatter json
echo
echo @flags
ctl rabbitmqctl -q list_feature_flags name state stability --formatter=json || ctl rabbitmqctl -q list_feature_flags name state --formatter=json
echo
echo @queues
ctl rabbitmqctl -q list_vhosts name --no-table-headers | while IFS= read -r vhost; do
  ctl rabbitmqctl -q list_queues -p "$vhost" name type durable messages consumers --no-table-headers |
    VHOST=$vhost awk '{ print ENVIRON["VHOST"] "\t" $0 }'
done
echo @connections
ctl rabbitmqctl -q list_connections pid --no-table-headers | grep -c .
echo @end
