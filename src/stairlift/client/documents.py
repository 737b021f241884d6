"""What a server's documents tell, as the nouns that they were made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.model.availability import Totals
from stairlift.model.effect import Effect
from stairlift.model.run import (
    Attempt,
    AttemptId,
    Command,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)

Document = Mapping[str, Any]


def moment(stamp: str | None) -> datetime | None:
    """A time, where there is one."""
    return datetime.fromisoformat(stamp) if stamp else None


def run_of(found: Document) -> Run:
    """A run as `GET /v1/runs` names it."""
    return Run(
        id=found["run"],
        cloud=found["cloud"],
        plan_hash=found["plan"],
        source=found["from"],
        target=found["to"],
        state=RunState(found["state"]),
        created_at=datetime.fromisoformat(found["created_at"]),
        started_at=moment(found["started_at"]),
        ended_at=moment(found["ended_at"]),
        approve_all=found["approve_all"],
        actor=found["actor"],
        reason=found["reason"],
        options=found["options"],
        intent=found["intent"],
    )


def status_of(found: Document) -> StepStatus:
    """Where a step stands."""
    return StepStatus(
        id=found["id"],
        state=StepState(found["state"]),
        attempt=found["attempt"],
        approved=found["approved"],
        started_at=moment(found["started_at"]),
        worked_at=moment(found["worked_at"]),
        ended_at=moment(found["ended_at"]),
        reason=found["reason"],
        retries=found["retries"],
    )


def attempt_of(run: str, found: Document) -> Attempt:
    """An attempt at a step of a run."""
    return Attempt(
        id=AttemptId(run, found["step"], found["attempt"]),
        started_at=datetime.fromisoformat(found["started_at"]),
        ended_at=moment(found["ended_at"]),
        result=found["result"],
        returncode=found["returncode"],
        reason=found["reason"],
        facts=found["facts"],
        undo=found["undo"],
    )


def event_of(run: str, found: Document) -> Event:
    """Something that has happened in a run."""
    return Event(
        run=run,
        seq=found["seq"],
        at=datetime.fromisoformat(found["at"]),
        kind=found["kind"],
        step=found["step"],
        attempt=found["attempt"],
        data=found["data"],
    )


def command_of(run: str, found: Document) -> Command:
    """What somebody told a run."""
    return Command(
        id=found["id"],
        run=run,
        kind=found["kind"],
        step=found["step"] or "",
        actor=found["actor"],
        reason=found["reason"],
        at=datetime.fromisoformat(found["at"]),
        result=found["result"],
        answer=found["answer"],
        details=found["details"],
    )


def effect_of(found: Document) -> Effect:
    """A line of the ledger, as far as it is told: what it takes to put it back stays with the server."""
    return Effect(
        id=found["id"],
        kind=found["kind"],
        subject=found["subject"],
        step=found["step"],
        binding="",
        state=found["state"],
        at=datetime.fromisoformat(found["since"]),
        ended_at=moment(found["ended_at"]),
        note=found["note"],
    )


def orchestrator_of(cloud: str, found: Document | None) -> Orchestrator | None:
    """Who carries runs of a cloud out."""
    return Orchestrator(cloud, found["host"], found["pid"], found["run"]) if found else None


def totals_of(found: Document) -> Totals:
    """Where a meter stands."""
    apis = found["apis"]
    return Totals(
        at=datetime.fromisoformat(found["at"]).timestamp(),
        requests={api: numbers["requests"] for api, numbers in apis.items()},
        failed={api: numbers["failed"] for api, numbers in apis.items()},
        dropped=found["dropped"],
    )
