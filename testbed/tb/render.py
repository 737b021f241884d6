"""Templates to files: what each host's root gets on top of the machine's, and what a client of the cloud needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from tb import programs, topology
from tb.layout import BASE_RELEASE, HERE, Layout
from tb.topology import Host

_CONTROL_FILES = {
    "/etc/keystone/keystone.conf": "keystone.conf",
    "/etc/placement/placement.conf": "placement.conf",
    "/etc/glance/glance-api.conf": "glance-api.conf",
    "/etc/nova/nova.conf": "nova.conf",
    "/etc/neutron/neutron.conf": "neutron.conf",
    "/etc/neutron/plugins/ml2/ml2_conf.ini": "ml2_conf.ini",
    "/etc/neutron/dhcp_agent.ini": "dhcp_agent.ini",
    "/etc/neutron/l3_agent.ini": "l3_agent.ini",
    "/etc/neutron/metadata_agent.ini": "metadata_agent.ini",
}
_FILES: Mapping[str, Mapping[str, str]] = {
    "loadbalancer": {"/etc/haproxy/haproxy.cfg": "haproxy.cfg"},
    "infra": {
        # The last file of that directory wins.
        "/etc/mysql/mariadb.conf.d/99-testbed.cnf": "mariadb.cnf",
        "/etc/rabbitmq/rabbitmq-env.conf": "rabbitmq-env.conf",
        "/etc/rabbitmq/rabbitmq.conf": "rabbitmq.conf",
        "/usr/local/sbin/start-mariadb": "start-mariadb",
        "/usr/local/sbin/start-rabbitmq": "start-rabbitmq",
    },
    "control": _CONTROL_FILES,
    "compute": {
        "/etc/nova/nova.conf": "nova.conf",
        "/etc/neutron/neutron.conf": "neutron.conf",
        "/etc/neutron/openvswitch_agent.ini": "openvswitch_agent.ini",
        "/usr/local/sbin/start-ovsdb": "start-ovsdb",
        "/usr/local/sbin/start-vswitchd": "start-vswitchd",
    },
}
_EVERYWHERE = {
    "/etc/hosts": "hosts",
    "/etc/resolv.conf": "resolv.conf",
    "/etc/ssh/sshd_config": "sshd_config",
    "/etc/supervisor/supervisord.conf": "supervisord.conf",
    # sshd's shells read it for every command of Ansible: the machine's own may do anything, such as wait for a lock.
    "/root/.bashrc": "bashrc",
}
#: "retrying" sends a request that a backend drops to another one; "plain" is what HAProxy does unless it is told.
BALANCERS = ("retrying", "plain")
_DIRECTORIES = {
    "control": ("/var/lib/nova", "/var/lib/neutron", "/var/lib/glance/images"),
    "compute": ("/var/lib/nova/instances", "/var/lib/neutron"),
}


@dataclass(frozen=True)
class File:
    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    path: str
    target: str


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _database_url(name: str, user: str) -> str:
    return f"mysql+pymysql://{user}:{topology.PASSWORD}@{topology.INFRA.address}/{name}?charset=utf8"


def balancer(layout: Layout) -> str:
    """How the load balancer treats a request that a backend drops: one of BALANCERS."""
    return layout.balancer.read_text(encoding="ascii").strip() if layout.balancer.exists() else BALANCERS[0]


def _site(layout: Layout) -> dict[str, Any]:
    """What every template may ask for."""
    return {
        "hosts": topology.HOSTS,
        "controls": topology.CONTROLS,
        "apis": topology.APIS,
        "vip": topology.LOADBALANCER.address,
        "infra": topology.INFRA,
        "loadbalancer": topology.LOADBALANCER,
        "password": topology.PASSWORD,
        "region": topology.REGION,
        "report_interval": topology.REPORT_INTERVAL,
        "down_time": topology.DOWN_TIME,
        "programs_dir": topology.PROGRAMS_DIR,
        "releases_dir": str(layout.venvs),
        "haproxy_socket": topology.HAPROXY_SOCKET,
        "balancer": balancer(layout),
        "transport_url": f"rabbit://openstack:{topology.PASSWORD}@{topology.INFRA.address}:5672/",
        "database_url": _database_url,
    }


def host_files(layout: Layout, host: Host, keys: Mapping[str, str]) -> Iterator[File]:
    """The files of a host. `keys` are the contents of those in `Layout.secrets` by name."""
    environment, site = _environment(), _site(layout)
    site |= {"host": host, "programs": programs.programs_of(host)}
    for path, name in (_EVERYWHERE | dict(_FILES[host.role])).items():
        mode = 0o755 if path.startswith("/usr/local/sbin/") else 0o644
        yield File(path, environment.get_template(f"etc/{name}.j2").render(site), mode)
    yield File("/etc/hostname", f"{host.name}\n")
    yield File("/etc/ssh/testbed_authorized_keys", keys["id_ed25519.pub"])
    if host.role == "control":
        for api in topology.APIS:
            text = environment.get_template("etc/uwsgi.ini.j2").render(site, api=api)
            yield File(f"/etc/uwsgi/{api.program}.ini", text)
        for number in ("0", "1"):
            yield File(f"/etc/keystone/fernet-keys/{number}", keys[f"fernet-{number}"], 0o600)


def host_links(layout: Layout, host: Host) -> Iterator[Link]:
    """One link per program to the base release, and the files that APIs expect beside their configuration."""
    for program in programs.openstack_programs(host):
        yield Link(f"{topology.PROGRAMS_DIR}/{program.name}", str(layout.venvs / BASE_RELEASE))
    if host.role == "control":
        for project in ("nova", "neutron"):
            paste = f"etc/{project}/api-paste.ini"
            yield Link(f"/{paste}", f"{topology.PROGRAMS_DIR}/{project}-api/{paste}")


def client_files(layout: Layout) -> Iterator[File]:
    """clouds.yaml, ssh_config, the Ansible inventory and ansible.cfg; paths are real ones, not below a root."""
    environment, site = _environment(), _site(layout)
    site |= {
        "cloud": topology.CLOUD,
        "computes": topology.COMPUTES,
        "service_hosts": programs.service_hosts(),
        "ssh_key": layout.ssh_key,
        "inventory": layout.inventory,
        "control_sockets": layout.control_sockets,
    }
    for path in (layout.clouds_yaml, layout.ssh_config, layout.inventory, layout.ansible_cfg):
        yield File(str(path), environment.get_template(f"client/{path.name}.j2").render(site))


def write_file(file: File, root: Path = Path("/")) -> None:
    path = root / file.path.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(file.text, encoding="utf-8")
    path.chmod(file.mode)


def write_host(layout: Layout, host: Host, keys: Mapping[str, str]) -> None:
    """Fills a host's upper layer. Only for a host that is not running.

    A write below a mounted overlay gives "stale file handle" later, or is never seen: a running host is changed
    from within.
    """
    upper = layout.host(host.name) / "upper"
    for directory in _DIRECTORIES.get(host.role, ()):
        (upper / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for file in host_files(layout, host, keys):
        write_file(file, upper)
    for link in host_links(layout, host):
        path = upper / link.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(link.target)
