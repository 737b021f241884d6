"""What somebody wants of a run, and how its orchestrator left."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from stairlift.model.run import Event, Run
from stairlift.model.scope import Scope
from stairlift.wiring.signals import Heard, listening


@dataclass(frozen=True, slots=True)
class Orders:
    """What somebody wants of a run. `approve_all` approves every gate of it, now and after a resume.

    `again` carries out a plan that was carried out before, whatever the cloud shows. `scope` is how far a new run goes.
    `note` hears what a person should know beside the events. `listening` is how its orchestrator hears that it is to
    leave: by the signals of a process, unless it is one of several threads.
    """

    actor: str
    approve_all: bool
    on_event: Callable[[Event], None]
    again: bool = False
    scope: Scope = field(default_factory=Scope)
    note: Callable[[str], None] = lambda _: None
    listening: Callable[[], AbstractContextManager[Heard]] = listening


@dataclass(frozen=True, slots=True)
class Result:
    """How the orchestrator left: the run as it stands, and the signal that made it leave early, if one did.

    `idle` says that the plan had been carried out before, and nothing was left to be done.
    """

    run: Run
    signal: int | None = None
    idle: bool = False
