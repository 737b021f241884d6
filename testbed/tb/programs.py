"""The programs that supervisord keeps running on each host, under the services' canonical names."""

from dataclasses import dataclass

from tb import topology
from tb.topology import Api, Host


@dataclass(frozen=True)
class Program:
    """A supervised program. Those of OpenStack have a project and wait to be started; the others start at boot."""

    name: str
    command: str
    project: str = ""
    options: tuple[str, ...] = ()

    @property
    def plane(self) -> str:
        """As Stairlift has it: agents and nova-compute are resources, the rest is control."""
        return "resource" if self.name.endswith("-agent") or self.name == "nova-compute" else "control"

    @property
    def autostart(self) -> bool:
        return not self.project


_NEUTRON_CONF = "--config-file /etc/neutron/neutron.conf"
_ML2_CONF = f"{_NEUTRON_CONF} --config-file /etc/neutron/plugins/ml2/ml2_conf.ini"

_SSHD = Program("sshd", "/usr/sbin/sshd -D -e")
_LOADBALANCER = (Program("haproxy", "/usr/sbin/haproxy -W -db -f /etc/haproxy/haproxy.cfg"),)
_INFRA = (
    Program("mariadb", "/usr/local/sbin/start-mariadb"),
    Program("rabbitmq", "/usr/local/sbin/start-rabbitmq", options=("stopasgroup=true", "killasgroup=true")),
    Program("memcached", "/usr/bin/memcached -u nobody -l 0.0.0.0 -m 64"),
)
_OPEN_VSWITCH = (
    Program("ovsdb-server", "/usr/local/sbin/start-ovsdb"),
    Program("ovs-vswitchd", "/usr/local/sbin/start-vswitchd"),
)


def _worker(name: str, arguments: str = "") -> Program:
    project = name.split("-", 1)[0]
    return Program(name, f"{topology.PROGRAMS_DIR}/{name}/bin/{name} {arguments}".rstrip(), project)


def _api(api: Api) -> Program:
    command = f"{topology.PROGRAMS_DIR}/{api.program}/bin/uwsgi --ini /etc/uwsgi/{api.program}.ini"
    return Program(api.program, command, api.project)


def _agent(kind: str) -> Program:
    config = f"{_NEUTRON_CONF} --config-file /etc/neutron/{kind}_agent.ini"
    return _worker(f"neutron-{kind}-agent", config)


_CONTROL = (
    *(_api(api) for api in topology.APIS),
    _worker("nova-conductor"),
    _worker("nova-scheduler"),
    _worker("neutron-rpc-server", _ML2_CONF),
    _worker("neutron-periodic-workers", _ML2_CONF),
    _agent("dhcp"),
    _agent("l3"),
    _agent("metadata"),
)
_COMPUTE = (*_OPEN_VSWITCH, _agent("openvswitch"), _worker("nova-compute"))
_BY_ROLE = {"loadbalancer": _LOADBALANCER, "infra": _INFRA, "control": _CONTROL, "compute": _COMPUTE}


def programs_of(host: Host) -> tuple[Program, ...]:
    """Everything that supervisord runs on the host, sshd included."""
    return (_SSHD, *_BY_ROLE[host.role])


def openstack_programs(host: Host) -> tuple[Program, ...]:
    """The host's programs that belong to a release of OpenStack."""
    return tuple(program for program in programs_of(host) if program.project)


def service_hosts() -> dict[str, tuple[Host, ...]]:
    """Canonical service name to the hosts that run it, in the order of the topology."""
    found: dict[str, tuple[Host, ...]] = {}
    for host in topology.HOSTS:
        for program in openstack_programs(host):
            found[program.name] = (*found.get(program.name, ()), host)
    return found
