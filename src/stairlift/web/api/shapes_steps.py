"""Steps and attempts."""

from datetime import datetime
from typing import Literal

from stairlift.model.plan import Action, Reversibility, Stage
from stairlift.model.run import StepState
from stairlift.web.api.shapes import Link, Shape
from stairlift.web.api.shapes_plans import PlannedStep
from stairlift.web.api.shapes_runs import Hindrance


class Step(Shape):
    """Where a step stands, and what the plan says of it."""

    id: str
    state: StepState
    attempt: int
    attempts: int
    approved: bool
    started_at: datetime | None
    worked_at: datetime | None
    ended_at: datetime | None
    reason: str
    retries: int
    hosts: list[str]
    services: list[str]
    action: Action
    stage: Stage
    plane: str
    project: str | None
    strategy: str | None
    reversibility: Reversibility


class Steps(Shape):
    """A page of them."""

    steps: list[Step]
    links: list[Link]


class OneStep(Step):
    """With all that is known of it."""

    planned: PlannedStep
    why: list[Hindrance]
    doing: str


class Attempt(Shape):
    """An attempt at a step, and how it ended."""

    step: str
    attempt: int
    undo: bool
    started_at: datetime
    ended_at: datetime | None
    result: Literal["done", "failed", "unknown"] | None
    returncode: int | None
    reason: str
    facts: dict[str, str]


class Attempts(Shape):
    """A page of them."""

    attempts: list[Attempt]
    links: list[Link]
