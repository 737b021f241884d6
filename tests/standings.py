"""Runs in every state, built without a journal, to be told about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from stairlift.model.run import Command, Orchestrator, Run, RunState, StepState, StepStatus
from stairlift.report.status import Standing
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step

S = StepState
AGO = timedelta(minutes=3, seconds=20)


def a_run(state: RunState, **given) -> Run:
    run = Run(
        id="261122-abc123",
        cloud="lab",
        plan_hash="sha256:0123",
        source="2025.1",
        target="2026.1",
        state=state,
        created_at=NOON - AGO,
        started_at=NOON - AGO,
        actor="ada",
    )
    return replace(run, **given)


def a_status(step: str, state: StepState, **given) -> StepStatus:
    times = {
        "attempt": 0 if state in (S.PENDING, S.WAITING) else 1,
        "started_at": None if state in (S.PENDING, S.WAITING) else NOON - timedelta(seconds=75),
        "worked_at": NOON - timedelta(seconds=12) if state is S.VERIFYING else None,
        "ended_at": NOON - timedelta(seconds=5) if state in (S.DONE, S.FAILED, S.UNKNOWN) else None,
    }
    return StepStatus(step, state, **(times | given))


def a_standing(state: RunState, steps: Mapping[str, StepState | StepStatus], **given) -> Standing:
    """A run of hypervisors that are upgraded one behind the other; a step whose name begins with `db` is one-way."""
    plan = a_plan(*(a_step(name, one_way=name.startswith("db"), hosts=(name.rpartition("@")[2],)) for name in steps))
    statuses = [s if isinstance(s, StepStatus) else a_status(name, s) for name, s in steps.items()]
    run_given = {key: given.pop(key) for key in ("ended_at", "started_at", "reason") if key in given}
    return Standing(a_run(state, **run_given), plan, statuses, **given)


def a_command(kind: str, step: str, **given) -> Command:
    return Command("c1", "261122-abc123", kind, step, "bob", given.pop("reason", "mended"), NOON, **given)


HERE = Orchestrator("lab", "deploy1", 4711, "261122-abc123")
