# What the database server of this host says of itself, as sections. It only reads: every session is held to that.

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v timeout >/dev/null || timeout() { shift; "$@"; }

asked() {
  timeout "${2:-60}" $CLIENT --batch --skip-column-names -e "SET SESSION TRANSACTION READ ONLY; $1" 2>/dev/null </dev/null
}

CLIENT=
for client in mariadb mysql 'docker exec mariadb mariadb' 'podman exec mariadb mariadb'; do
  command -v "${client%% *}" >/dev/null && CLIENT="$client" && asked 'SELECT 1' 15 >/dev/null && break
  CLIENT=
done
if [ -z "$CLIENT" ]; then
  echo "@none no client of the database lets this user in, by its socket or a .my.cnf"
  exit 0
fi

echo @version
asked 'SELECT VERSION()'
echo @status
asked "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_state_uuid', 'wsrep_cluster_size', 'wsrep_cluster_status',
  'wsrep_local_state_comment', 'wsrep_ready', 'wsrep_flow_control_paused', 'Threads_connected')"
echo @variables
asked "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'max_connections', 'tx_isolation',
  'transaction_isolation')" # MariaDB before 11.1 knows the first name alone, MySQL 8 the second
echo @collations # but for the tables of the migration tools: they have the server's default, and no keys to others
asked "SELECT table_schema, table_collation, COUNT(*) FROM information_schema.tables WHERE table_type = 'BASE TABLE'
  AND table_name NOT IN ('migrate_version') AND table_name NOT LIKE 'alembic\\_version%' AND table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') GROUP BY 1, 2"
echo @columns
asked "SELECT c.table_schema, c.collation_name, COUNT(*) FROM information_schema.columns c JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
  WHERE c.collation_name IS NOT NULL AND c.collation_name <> t.table_collation AND c.collation_name NOT LIKE '%\\_bin'
  AND c.table_name NOT IN ('migrate_version') AND c.table_name NOT LIKE 'alembic\\_version%' AND c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') GROUP BY 1, 2"
echo @services # the least version that a nova-compute has, in each database of a cell
for schema in $(asked "SELECT table_schema FROM information_schema.tables WHERE table_name = 'compute_nodes'"); do
  asked "SELECT '$schema', MIN(version), COUNT(*) FROM \`$schema\`.services
    WHERE deleted = 0 AND forced_down = 0 AND \`binary\` = 'nova-compute'"
done
echo @deleted # rows that are only marked as deleted, counted up to MOST
for table in nova.instances nova.instance_system_metadata nova.instance_extra cinder.volumes cinder.snapshots \
  glance.images heat.resource heat.event; do
  asked "SELECT 1 FROM information_schema.columns WHERE table_schema = '${table%.*}' AND table_name = '${table#*.}'
    AND column_name = 'deleted'" | grep -q 1 || continue
  asked "SELECT '$table', COUNT(*) FROM (SELECT 1 FROM $table WHERE deleted <> 0 LIMIT $MOST) AS found"
done
echo @bindings
asked "SELECT 1 FROM information_schema.tables WHERE table_schema = 'neutron' AND table_name = 'ml2_port_bindings'" |
  grep -q 1 && asked "SELECT port_id, COUNT(*) FROM neutron.ml2_port_bindings WHERE status = 'ACTIVE'
    GROUP BY port_id HAVING COUNT(*) > 1 LIMIT 20"
echo @segments
asked "SELECT 1 FROM information_schema.tables WHERE table_schema = 'neutron' AND table_name = 'networksegments'" |
  grep -q 1 && asked "SELECT network_type, physical_network, segmentation_id, COUNT(*) FROM neutron.networksegments
    WHERE segmentation_id IS NOT NULL GROUP BY 1, 2, 3 HAVING COUNT(*) > 1 LIMIT 20"
echo @end
