"""What can be told to a run, what takes longer than an answer, and what a plan does otherwise than another."""

from datetime import datetime
from typing import Any, Literal

from stairlift.model.job import JobKind
from stairlift.web.api.shapes import Command, Finding, Problem, Schema, Shape


class Choice(Shape):
    """Something that a run can be told, or why not. `match` is for If-Match, where just this counts."""

    action: str
    step: str | None
    now: bool
    allowed: bool
    why_not: str
    needs: list[str]
    stages: list[str]
    told: Command | None
    match: str


class Approval(Shape):
    """Something that waits for approval: what it covers, and what was seen before it was asked for."""

    step: str
    what: str
    one_way: bool
    reason: str
    evidence: list[str]
    allowed: bool
    why_not: str
    told: Command | None
    match: str


class Choices(Shape):
    """All that a run can be told now."""

    run: str
    state: str
    actions: list[Choice]
    approvals: list[Approval]


class ApprovalGiven(Shape):
    """An approval on record. `step` is null for the plan and for the whole run, `result` until somebody acted on it."""

    at: datetime
    actor: str
    what: str
    step: str | None
    covers: str
    reason: str
    result: Literal["applied", "refused"] | None
    answer: str


class Approvals(Shape):
    """What of a run waits for approval, and who approved what."""

    run: str
    waiting: list[Approval]
    given: list[ApprovalGiven]


class Undone(Shape):
    """A step that a rollback takes back."""

    id: str
    action: str
    hosts: list[str]
    strategy: str | None


class Kept(Shape):
    """A step that stays as it is, and why."""

    id: str
    why: str


class WayBack(Shape):
    """What a rollback would do, and what stands against it."""

    run: str
    allowed: bool
    why_not: str
    back_to: str
    undo: list[Undone]
    kept: list[Kept]
    findings: list[Finding]


class Job(Shape):
    """Something that is being seen to, and what came of it."""

    id: str
    kind: JobKind
    actor: str
    state: Literal["running", "done", "failed"]
    began_at: datetime
    ended_at: datetime | None
    notes: list[str]
    result: dict[str, Any]
    location: str
    problem: Problem | None


class DifferingStep(Shape):
    """A step that is in one of two plans alone."""

    id: str
    action: str
    stage: str
    services: list[str]
    hosts: list[str]
    reason: str


class Other(Shape):
    """Something that is otherwise; its values are as the plans have them."""

    what: str
    before: Any
    after: Any


class ChangedStep(Shape):
    """A step that is in both, and what of it is otherwise."""

    id: str
    others: list[Other]


class Difference(Shape):
    """What one plan does otherwise than another."""

    schema_: Schema
    run: str | None
    replaced_by: str | None
    was: str
    hash: str
    kept: list[str]
    gone: list[DifferingStep]
    new: list[DifferingStep]
    again: list[DifferingStep]
    changed: list[ChangedStep]
    plan: list[Other]
    findings: list[Finding]
