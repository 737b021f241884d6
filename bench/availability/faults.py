"""What is broken on purpose, how it is mended, and where Stairlift has to stop because of it.

Each is broken from within the hosts, as it would happen there. None of it touches Stairlift or the playbooks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.availability.bed import Bed
from bench.measuring import Failed

#: How long the message bus is away.
_BUS_SECONDS = 30.0


class Place(NamedTuple):
    """A step of any plan for the testbed, in whatever order it goes."""

    action: str
    service: str
    host: str

    def step_in(self, plan: Any) -> str:
        """Its id in a plan document. Raises Failed where there is none."""
        for step in plan["steps"]:
            if step["action"] == self.action and self.service in step["services"] and self.host in step["hosts"]:
                return str(step["id"])
        raise Failed(f"the plan has no step {self.action} {self.service} on {self.host}")


@dataclass(frozen=True)
class Fault:
    """One of them.

    `after` is the step after which it breaks; before the run, where there is none. `stops_at` is the step at which the
    run has to stop; None where it may bear it. `words` are what people are told of it then. `seen_by` names the backends
    that the meter has to miss while it stands, `keeps` the side effect that the ledger has to keep meanwhile.
    """

    name: str
    what: str
    breaks: Callable[[Bed], None]
    mends: Callable[[Bed], None]
    after: Place | None
    stops_at: Place | None
    words: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()
    keeps: str = ""


def _script(host: str, text: str) -> Callable[[Bed], None]:
    return lambda bed: bed.on(host, text) and None


def _bus_away(bed: Bed) -> None:
    bed.on("infra1", "rabbitmqctl -q stop_app")
    time.sleep(_BUS_SECONDS)
    bed.on("infra1", "rabbitmqctl -q start_app")


def _nothing(_bed: Bed) -> None:
    """It has mended itself."""


# uWSGI starts and finds no application. How long that takes decides which task of the playbook notices: that it starts,
# or that it answers.
_API_GONE = "sed -i 's/^module = nova.wsgi.osapi_compute/module = nova.wsgi.gone/' /etc/uwsgi/nova-api.ini"
_API_BACK = "sed -i 's/^module = nova.wsgi.gone/module = nova.wsgi.osapi_compute/' /etc/uwsgi/nova-api.ini"
# It starts, connects, wires ports, and never says that it lives.
_AGENT_MUTE = "sed -i 's/^report_interval = .*/report_interval = 0/' /etc/neutron/openvswitch_agent.ini"
_AGENT_HEARD = """sed -i 's/^report_interval = .*/report_interval = 2/' /etc/neutron/openvswitch_agent.ini
supervisorctl restart neutron-openvswitch-agent"""
# A file system of its own with room for its links and nothing else; what runs there goes on.
_DISK_FULL = """mkdir -p /mnt/full
mount -t tmpfs -o size=64k,nr_inodes=$(($(ls /opt/openstack | wc -l) + 1)) tmpfs /mnt/full
cp -a /opt/openstack/. /mnt/full/
mount --bind /mnt/full /opt/openstack"""
_DISK_EMPTY = "umount /opt/openstack && umount /mnt/full"
_SQL = "mariadb -e \"{} alter, index on neutron.* {} 'neutron'@'%'; flush privileges\""

FAULTS = (
    Fault(
        "api-never-comes-back",
        "nova-api of ctl1 does not start any more",
        _script("ctl1", _API_GONE),
        _script("ctl1", _API_BACK),
        after=None,
        stops_at=Place("upgrade", "nova-api", "ctl1"),
        words=("ctl1: task '", "nova-api"),
        seen_by=("nova@ctl1",),
        keeps="drain:nova-api@ctl1",
    ),
    Fault(
        "agent-stays-dead",
        "the Open vSwitch agent of cmp2 runs again, and never reports",
        _script("cmp2", _AGENT_MUTE),
        _script("cmp2", _AGENT_HEARD),
        after=None,
        stops_at=Place("upgrade", "neutron-openvswitch-agent", "cmp2"),
        words=("neutron-openvswitch-agent", "cmp2"),
        keeps="cordon:cmp2",
    ),
    Fault(
        "bus-away",
        f"RabbitMQ is stopped for {_BUS_SECONDS:.0f} s",
        _bus_away,
        _nothing,
        after=Place("upgrade", "nova-conductor", "ctl1"),
        stops_at=None,
    ),
    Fault(
        "disk-full",
        "nothing can be written on ctl2 below /opt/openstack any more",
        _script("ctl2", _DISK_FULL),
        _script("ctl2", _DISK_EMPTY),
        after=Place("upgrade", "keystone", "ctl1"),
        stops_at=Place("upgrade", "keystone", "ctl2"),
        words=("No space left on device",),
        seen_by=("keystone@ctl2",),
        keeps="drain:keystone@ctl2",
    ),
    Fault(
        "database-step-fails",
        "Neutron's database user may not change tables any more",
        _script("infra1", _SQL.format("revoke", "from")),
        _script("infra1", _SQL.format("grant", "to")),
        after=None,
        stops_at=Place("db-expand", "neutron-api", "ctl1"),
        words=("neutron-db-manage",),
    ),
)
