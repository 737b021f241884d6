"""A job of this strategy: python -m stairlift.strategy.nova REQUEST."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.errors import StairliftError
from stairlift.openstack.client import SessionCloudClient
from stairlift.strategy.before import Before
from stairlift.strategy.nova import masakari
from stairlift.strategy.nova.cordon import cordon, uncordon
from stairlift.strategy.nova.draining import drain_hosts
from stairlift.strategy.nova.request import Request
from stairlift.strategy.nova.services import ComputeServices
from stairlift.strategy.nova.stopped import start_all_again
from stairlift.strategy.own_job import Notes, carry_out


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_work)


def _work(document: Mapping[str, Any], notes: Notes) -> str:
    request = Request.of(document)
    if request.kind == "nothing":
        return ""
    try:
        _do(request, SessionCloudClient.from_config(request.os_cloud), notes)
    except StairliftError as error:
        if not request.lenient:
            raise
        return f"{error.brief}; what is taken back does not wait for that"
    return ""


def _do(request: Request, client: SessionCloudClient, notes: Notes) -> None:
    services = ComputeServices(client)
    if request.kind == "uncordon":
        uncordon(services, request, notes, time.sleep)
        _watch_again(request, client, notes)
        start_all_again(request, client, notes, time.sleep)
        return
    cordon(services, request, notes)
    _leave_alone(request, client, notes)
    if request.kind == "drain" and request.options:
        notes.say(drain_hosts(request.hosts, request.options, client, notes))


def _leave_alone(request: Request, client: SessionCloudClient, notes: Notes) -> None:
    """Masakari's part of a cordon; it comes second, as its effects are of hosts that get no new servers any more."""
    mine = [e for e in request.known().values() if e.kind == "masakari" and e.subject in request.hosts]
    if mine:
        maintenance, before = masakari.Maintenance(client), Before(Path(sys.argv[1]).parent)
        for effect in mine:
            maintenance.begin(effect, before, notes)


def _watch_again(request: Request, client: SessionCloudClient, notes: Notes) -> None:
    mine = [e for e in request.known().values() if e.kind == "masakari" and e.subject in request.hosts and e.open]
    if mine:
        maintenance = masakari.Maintenance(client)
        for effect in mine:
            maintenance.end(effect)
            notes.effect(effect.id, "restored", f"Masakari watches {effect.subject} again")


if __name__ == "__main__":
    sys.exit(main())
