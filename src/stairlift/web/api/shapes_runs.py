"""Runs, how they stand, and what happened in them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from stairlift.model.hindrance import Kind, Who
from stairlift.model.run import Intent, RunState
from stairlift.web.api.shapes import Command, From, Link, Orchestrator, Problem, Schema, Shape


class ListedRun(Shape):
    """A run as `list -o json` has it."""

    run: str
    state: RunState
    cloud: str
    source: From
    to: str
    plan: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    actor: str


class Run(ListedRun):
    """With what else is on record of it."""

    approve_all: bool
    reason: str
    intent: Intent
    options: dict[str, Any]
    planner: str | None


class Runs(Shape):
    """A page of runs."""

    runs: list[Run]
    links: list[Link]


class Waiting(Shape):
    """Somebody it waits for, and how to answer."""

    step: str
    what: str
    command: str
    told: str | None


class Blocker(Shape):
    """A step that is not well."""

    step: str
    state: str
    reason: str
    command: str | None
    told: str | None


class Hindrance(Shape):
    """Why a step does not move; `behind` has why those that hold it up do not."""

    step: str
    kind: Kind
    by: list[str]
    since: datetime | None
    due: datetime | None
    key: str | None
    hosts: list[str]
    said: str
    who: Who
    commands: list[str]
    behind: list["Hindrance"]


class Slow(Shape):
    """A step that takes longer than the like of it did. Seconds."""

    step: str
    since: datetime
    of: int
    shortest: float
    longest: float
    p90: float


class MeteredApi(Shape):
    """What users asked of an API, and what failed."""

    requests: int
    failed: int


class Metered(Shape):
    """Where the meter of a run stands."""

    at: datetime
    requests: int
    failed: int
    dropped: int
    apis: dict[str, MeteredApi]


class Found(Shape):
    """What a step of stage `prepare` has to say."""

    step: str
    reason: str
    facts: dict[str, str]


class Fenced(Shape):
    """A side effect that has not been put back, and the command that does it."""

    id: str
    state: str
    step: str
    since: datetime
    note: str
    command: str


class StatusStep(Shape):
    """A step in the status of its run."""

    id: str
    state: str
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    hosts: list[str]
    services: list[str]
    action: str
    stage: str
    reason: str


class Status(Shape):
    """How a run stands: what `stairlift status -o json` prints."""

    schema_: Schema
    run: str
    state: RunState
    cloud: str
    source: From
    to: str
    plan: str
    steps: dict[str, int]
    started_at: datetime | None
    ended_at: datetime | None
    reason: str
    orchestrator: Orchestrator | None
    waiting_for: list[Waiting]
    blocked_by: list[Blocker]
    why: list[Hindrance]
    slow: list[Slow]
    held_by: str | None = None
    meter: Metered | None = None
    found: list[Found] = Field(default_factory=list)
    fenced: list[Fenced] = Field(default_factory=list)
    waivers: list[str] = Field(default_factory=list)
    step_list: list[StatusStep] = Field(default_factory=list)


class Attending(Shape):
    """Who carries a run on: this server, another process, nobody; and why this server does not."""

    by: str
    trouble: Problem | None
    again_at: datetime | None


class OneRun(Run):
    """A run with how it stands."""

    status: Status
    attending: Attending


class ToldCommands(Shape):
    """What people told a run."""

    commands: list[Command]


class Event(Shape):
    """One line of a run's journal."""

    seq: int
    at: datetime
    kind: str
    step: str | None
    attempt: int | None
    data: dict[str, Any]


class Events(Shape):
    """A page of them."""

    schema_: Schema
    run: str
    cloud: str
    events: list[Event]
    links: list[Link]
