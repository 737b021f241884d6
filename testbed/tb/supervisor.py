"""Starting programs on the hosts, as an operator would: through supervisorctl."""

from collections.abc import Callable

from tb import hosts, programs, topology
from tb.commands import side_by_side
from tb.layout import Layout
from tb.programs import Program
from tb.topology import Host


def start(layout: Layout, chosen: Callable[[Program], bool]) -> None:
    """Starts the chosen OpenStack programs on every host that has them, all hosts at the same time."""
    side_by_side(lambda host: _start(layout, host, chosen), topology.OPENSTACK_HOSTS)


def _start(layout: Layout, host: Host, chosen: Callable[[Program], bool]) -> None:
    names = [program.name for program in programs.openstack_programs(host) if chosen(program)]
    if names:
        hosts.run_on(layout, host, "supervisorctl", "start", *names)
