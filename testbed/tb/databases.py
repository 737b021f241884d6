"""The databases of the base release: made by its own migrations once, from a dump ever after."""

from tb import hosts, topology
from tb.commands import side_by_side, wait_until
from tb.layout import Layout

# Database to the user that owns it.
DATABASES = {
    "glance": "glance",
    "keystone": "keystone",
    "neutron": "neutron",
    "nova": "nova",
    "nova_api": "nova",
    "nova_cell0": "nova",
    "placement": "placement",
}
_DATABASE_HOST = topology.INFRA.address
_NEUTRON_CONF = "--config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini"
_KEYSTONE_URL = f"http://{topology.LOADBALANCER.address}:5000/v3/"


def _url(name: str) -> str:
    return f"mysql+pymysql://{DATABASES[name]}:{topology.PASSWORD}@{_DATABASE_HOST}/{name}?charset=utf8"


# Per project, in order: the program whose link leads to the base release, and what its commands are.
_MIGRATIONS = {
    "keystone": (
        "keystone-manage db_sync",
        f"keystone-manage bootstrap --bootstrap-password {topology.PASSWORD} --bootstrap-region-id {topology.REGION}"
        + "".join(f" --bootstrap-{interface}-url {_KEYSTONE_URL}" for interface in ("admin", "internal", "public")),
    ),
    "nova-api": (
        "nova-manage api_db sync",
        f"nova-manage cell_v2 map_cell0 --database_connection {_url('nova_cell0')}",
        "nova-manage cell_v2 create_cell --name cell1",
        "nova-manage db sync",
    ),
    "neutron-api": (f"neutron-db-manage {_NEUTRON_CONF} upgrade heads",),
    "glance-api": ("glance-manage db_sync",),
    "placement-api": ("placement-manage db sync",),
}


def wait_for_server(layout: Layout) -> None:
    def answers() -> bool:
        ping = "mariadb-admin ping >/dev/null 2>&1 && echo yes || echo no"
        return hosts.run_on(layout, topology.INFRA, "sh", "-c", ping).strip() == "yes"

    wait_until("MariaDB answers", answers, 60)


def _sql(layout: Layout, statements: str) -> None:
    hosts.run_on(layout, topology.INFRA, "mariadb", feed=statements)


def create(layout: Layout) -> None:
    """Empty databases and their users."""
    lines = [f"create or replace database {name};" for name in DATABASES]
    for name, user in DATABASES.items():
        lines.append(f"grant all on {name}.* to '{user}'@'%' identified by '{topology.PASSWORD}';")
    _sql(layout, "\n".join(lines))


def migrate(layout: Layout) -> None:
    """Runs the base release's migrations on the first control host, all projects side by side."""
    side_by_side(lambda program: _migrate(layout, program), _MIGRATIONS)


def _migrate(layout: Layout, program: str) -> None:
    for line in _MIGRATIONS[program]:
        executable, *arguments = line.split()
        path = f"{topology.PROGRAMS_DIR}/{program}/bin/{executable}"
        hosts.run_on(layout, topology.CONTROLS[0], path, *arguments)


def save(layout: Layout) -> None:
    """Writes the dump; it appears whole or not at all."""
    dump = hosts.run_on(layout, topology.INFRA, "mariadb-dump", "--single-transaction", "--databases", *DATABASES)
    layout.dump.parent.mkdir(parents=True, exist_ok=True)
    unfinished = layout.dump.with_suffix(".new")
    unfinished.write_text(dump, encoding="utf-8")
    unfinished.rename(layout.dump)


def restore(layout: Layout) -> None:
    _sql(layout, "set foreign_key_checks = 0;\n" + layout.dump.read_text(encoding="utf-8"))
