"""The shapes of answers, as the description of the API shows them. Documents only ever grow: readers skip what is new.

What each key means is in docs/reference/json.md; here is said of what kind it is.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from stairlift.model.finding import Severity


class Shape(BaseModel):
    """A JSON object with these keys, and maybe others of a later version."""


class Link(Shape):
    """Where something is."""

    rel: str
    href: str


class Discovery(Shape):
    """What there is, as links."""

    name: str
    version: str
    links: list[Link]


class Problem(Shape):
    """What went wrong, and what to do about it (RFC 9457). `exit_code` is what the command line leaves with for it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    exit_code: int
    resolution: str
    request_id: str
    findings: list["Finding"] = Field(default_factory=list)
    errors: list["FieldProblem"] = Field(default_factory=list)


class FieldProblem(Shape):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Finding(Shape):
    """Something that a person should know, and what to do about it."""

    code: str
    severity: Severity
    subject: str
    message: str
    resolution: str
    data: dict[str, str] | None = None


class Findings(Shape):
    """All there are."""

    findings: list[Finding]


class Waiver(Shape):
    """A person's word that a finding shall not stop the plan."""

    code: str
    subject: str | None
    who: str
    why: str
    until: str | None


class PlanFindings(Findings):
    """Those of a plan, with who answers for what was waived; a waiver that was typed as a flag is a text."""

    waivers: list[Waiver | str]


class Orchestrator(Shape):
    """The process that carries runs of a cloud out."""

    host: str
    pid: int


class Command(Shape):
    """What somebody told a run, and what came of it."""

    id: str
    kind: str
    step: str | None
    actor: str
    reason: str
    at: datetime
    result: Literal["applied", "refused"] | None
    answer: str
    details: dict[str, Any]


#: `from` is a word of Python.
From = Annotated[str, Field(alias="from")]
#: pydantic has another `schema`.
Schema = Annotated[str, Field(alias="schema")]
