"""The program of this strategy: python -m stairlift.strategy.nova REQUEST."""

import sys
import time

from stairlift.openstack.client import SessionCloudClient
from stairlift.strategy.before import Before
from stairlift.strategy.nova import masakari
from stairlift.strategy.nova.cordon import cordon, uncordon
from stairlift.strategy.nova.draining import drain_hosts
from stairlift.strategy.nova.request import NOTHING, Request
from stairlift.strategy.nova.services import ComputeServices
from stairlift.strategy.nova.stopped import start_all_again
from stairlift.strategy.own_job import Notes
from stairlift.strategy.own_program import Errand, carry_out


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_do)


def _do(errand: Errand, notes: Notes, before: Before) -> None:
    if errand.kind == NOTHING:
        return
    request = Request.of(errand)
    client = SessionCloudClient.from_config(request.os_cloud)
    services = ComputeServices(client)
    if errand.kind == "uncordon":
        uncordon(services, request, notes, time.sleep)
        masakari.watch_again(errand, client, notes)
        start_all_again(request, client, notes, time.sleep)
        return
    cordon(services, request, notes)
    masakari.leave_alone(errand, client, before, notes)  # second: these hosts get no new servers any more
    if errand.kind == "drain" and request.drain:
        notes.say(drain_hosts(errand.hosts, request.drain, client, notes))


if __name__ == "__main__":
    sys.exit(main())
