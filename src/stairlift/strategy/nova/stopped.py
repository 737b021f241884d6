"""Servers that were stopped for the sake of their host, started again: found by their tag, whoever stopped them."""

from collections.abc import Callable
from functools import partial

from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import StairliftError
from stairlift.ports import CloudClient
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.request import Request
from stairlift.strategy.nova.task import stopped_tag
from stairlift.strategy.own_job import Notes
from stairlift.strategy.patience import Pause, in_time

KIND = "servers-stopped"
#: Seconds between two looks at whether they are up.
_BETWEEN = 1.0


def intention(host: str) -> Intention:
    """That servers of a host may be stopped while it is upgraded."""
    return Intention(KIND, host, {"tag": stopped_tag(host)})


def start_all_again(request: Request, client: CloudClient, notes: Notes, sleep: Callable[[float], None]) -> None:
    """Start what the unit of a request has stopped, and wait until it is up. StairliftError where it is not in time."""
    mine = [effect for effect in request.errand.of_hosts(KIND) if effect.open]
    desk, pause = Desk(client), Pause(_BETWEEN, sleep)
    for effect in mine:
        if why := in_time(request.up_within, partial(start_again, desk, effect), pause):
            resolution = "See these servers, start them, and retry the step."
            raise StairliftError(code="nova.not_started", brief=f"{effect.subject}: {why}", resolution=resolution)
        notes.effect(effect.id, "restored", f"what was stopped on {effect.subject} runs again")


def start_again(desk: Desk, effect: Effect) -> str:
    """Start those that are stopped and carry our mark; "" once none does, else who does not start.

    One that somebody else started, or that is gone, only loses its mark.
    """
    tag = str(effect.details["tag"])
    for server in desk.servers(tags=tag) if desk.tags else ():
        if server.vm_state == "stopped" and not server.task_state:
            desk.start(server.id)
        elif server.vm_state == "active":
            desk.untag(server.id, tag)
    left = desk.servers(tags=tag) if desk.tags else ()
    names = ", ".join(f"{s.name} ({s.task_state or s.vm_state})" for s in left[:5])
    return f"{len(left)} servers are not up again yet: {names}" if left else ""
