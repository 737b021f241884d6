"""The message bus: who listens there. Agents that start before their servers wait out time-outs of 30 s and more."""

from tb import hosts, topology
from tb.commands import wait_until
from tb.layout import Layout

# Queues that nova-conductor and neutron-rpc-server consume.
_SERVERS = {"conductor", "q-plugin", "q-reports-plugin"}


def wait_for_broker() -> None:
    wait_until("RabbitMQ listens", lambda: hosts.listens(topology.INFRA, 5672), 120)


def wait_for_servers(layout: Layout) -> None:
    wait_until("nova-conductor and neutron-rpc-server listen to the bus", lambda: _consumed(layout) >= _SERVERS, 180, 1)


def _consumed(layout: Layout) -> set[str]:
    ask = ("rabbitmqctl", "-q", "--no-table-headers", "list_queues", "name", "consumers")
    listing = hosts.run_on(layout, topology.INFRA, *ask)
    rows = [line.split("\t") for line in listing.splitlines()]
    return {name for name, consumers in rows if int(consumers) > 0}
