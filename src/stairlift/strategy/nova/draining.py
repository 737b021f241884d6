"""The part of a job that empties hosts: its options, and how its story is told."""

import time
from collections.abc import Mapping
from typing import Any

from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.model.policy import Drain, Migrations
from stairlift.model.work import Assignment
from stairlift.ports import CloudClient
from stairlift.strategy.nova.choosing import own_name
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.drain import DrainHost, Ending
from stairlift.strategy.nova.pace import Pace
from stairlift.strategy.nova.stopped import KIND
from stairlift.strategy.nova.story import Story, Teller
from stairlift.strategy.nova.task import DrainTask, stopped_tag

#: A deadline of the step ends the process; ours comes this much sooner, so that it can say who is left.
_SOONER = 0.9


def drain_options(assignment: Assignment, policy: Drain, migrations: Migrations) -> dict[str, Any]:
    """What a drain is told beside its hosts, as JSON values."""
    deadline = assignment.step.deadline
    return {
        "run": assignment.run,
        "step": assignment.step.id,
        "policy": policy,
        "per_host": migrations.host,
        "per_cloud": migrations.cloud,
        "new": sorted(assignment.upgraded),
        "lock": str(assignment.folder.parent.parent / "migrations.lock"),
        "deadline": deadline * _SOONER if deadline else None,
    }


def drain_hosts(hosts: tuple[str, ...], options: Mapping[str, Any], client: CloudClient, teller: Teller) -> str:
    """Empty one host after the other; a sentence for people.

    Raises StairliftError (nova.not_drained) that says who is left on a host and why, SourceTrouble where Nova does not
    answer any more.
    """
    began = time.monotonic()
    for host in hosts:
        ending = _emptied(host, _with_time_left(options, began), client, teller)
        if ending.result != "done":
            raise _not_drained(ending)
    return f"{', '.join(hosts)}: empty"


def _with_time_left(options: Mapping[str, Any], began: float) -> Mapping[str, Any]:
    """The deadline is that of all hosts together."""
    deadline = options["deadline"]
    return options if deadline is None else {**options, "deadline": deadline - (time.monotonic() - began)}


def _emptied(host: str, options: Mapping[str, Any], client: CloudClient, teller: Teller) -> Ending:
    desk = Desk(client)
    computes = desk.computes()
    own = own_name((host,), computes)
    if own is None:
        raise StairliftError(
            code="nova.no_service",
            brief=f"Nova has no hypervisor on {host}",
            resolution="See `openstack hypervisor list`; where nothing is left there, the step can be skipped.",
        )
    new = [one.name for name in options["new"] if (one := own_name((name,), computes))]
    task = DrainTask(**{**options, "host": own.name, "new": tuple(new), "stop_tag": stopped_tag(host)})
    story = Story(teller, time.monotonic)
    ending = DrainHost(task, desk, story, Pace.known()).carry_out()
    teller.effect(f"{KIND}:{host}", "made" if ending.stopped else "restored", _stopped(ending))
    return ending


def _stopped(ending: Ending) -> str:
    return f"{ending.stopped} servers are stopped until their host is back" if ending.stopped else "nobody was stopped"


def _not_drained(ending: Ending) -> StairliftError:
    if ending.passing:
        return SourceTrouble(Trouble.UNREACHABLE, ending.reason)
    return StairliftError(
        code="nova.not_drained",
        brief=ending.reason,
        resolution="Ask the owners, tag their servers (stairlift:drain=...) or move them by hand; then retry the step.",
    )
