"""Starting programs on the hosts, as an operator would: through supervisorctl."""

from collections.abc import Callable, Sequence

from tb import hosts, programs, topology
from tb.commands import side_by_side, wait_until
from tb.layout import Layout
from tb.programs import Program
from tb.topology import Host


def start(layout: Layout, chosen: Callable[[Program], bool]) -> None:
    """Starts the chosen OpenStack programs on every host that has them, all hosts at the same time."""
    side_by_side(lambda host: _start(layout, host, chosen), topology.OPENSTACK_HOSTS)


def _start(layout: Layout, host: Host, chosen: Callable[[Program], bool]) -> None:
    """One that gives up at once (the broker listens a moment before it serves) is started again."""
    names = [program.name for program in programs.openstack_programs(host) if chosen(program)]
    if names:
        wait_until(f"{', '.join(names)} run on {host.name}", lambda: _all_run(layout, host, names), 120, pause=1)


def _all_run(layout: Layout, host: Host, names: Sequence[str]) -> bool:
    listed = " ".join(names)
    told = hosts.run_on(
        layout, host, "sh", "-c", f"supervisorctl start {listed} >&2; supervisorctl status {listed}; true"
    )
    return len(told.splitlines()) == len(names) and all(line.split()[1] == "RUNNING" for line in told.splitlines())
