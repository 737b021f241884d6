"""Plans, as `stairlift plan -o json` prints them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from stairlift.model.plan import Action, Reversibility, Stage
from stairlift.web.api.shapes import Finding, From, Link, Schema, Shape, Waiver


class PlannedStep(Shape):
    """A step as the plan has it."""

    id: str
    action: Action
    stage: Stage
    plane: str
    project: str | None
    services: list[str]
    hosts: list[str]
    strategy: str | None
    needs: list[str]
    after: list[str]
    reason: str
    reversibility: Reversibility
    source: From
    to: str
    unit: str
    slots: list[str]
    budgets: list[str]
    deadline: int | None = None
    queue: str | None = None
    gate: str | None = None


class PlanHead(Shape):
    """What a plan has beside its steps."""

    schema_: Schema
    hash: str
    cloud: str
    source: From
    to: str
    hops: list[str]
    sources: list[str]
    os_cloud: str | None
    policy: dict[str, Any]
    windows: dict[str, int]
    budgets: dict[str, int]
    on_failure: str
    waivers: list[Waiver | str]
    left_out: list[str]
    strategies: list[dict[str, Any]]
    placement: dict[str, list[str]]
    findings: list[Finding]
    checksum: str | None = None
    retries: int | None = None
    retry_after: int | None = None
    stop_after: str | None = None
    asked: dict[str, list[str]] | None = None
    replaces: str | None = None
    around: list[dict[str, Any]] = Field(default_factory=list)


class Plan(PlanHead):
    """The whole plan."""

    steps: list[PlannedStep]


class RunPlan(PlanHead):
    """The plan that a run carries out; asked for its head, with the number of its steps."""

    steps: list[PlannedStep] | int


class KeptPlan(Shape):
    """A plan in a line of a list."""

    hash: str
    cloud: str
    source: From
    to: str
    steps: int
    made_at: datetime
    actor: str


class Plans(Shape):
    """A page of them."""

    plans: list[KeptPlan]
    links: list[Link]
