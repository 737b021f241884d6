"""Clouds, and looks at them."""

from datetime import datetime

from pydantic import Field

from stairlift.web.api.shapes import Finding, Link, Schema, Shape
from stairlift.web.api.shapes_runs import ListedRun


class Observation(Shape):
    """A look at a cloud in a line of a list."""

    id: str
    cloud: str
    release: str | None
    hosts: int
    services: int
    at: datetime
    actor: str


class Observations(Shape):
    """A page of them."""

    observations: list[Observation]
    links: list[Link]


class CloudOrchestrator(Shape):
    """The process that carries runs of a cloud out, and the run that it is at."""

    host: str
    pid: int
    run: str | None


class KnownCloud(Shape):
    """A cloud that has runs here, or was looked at."""

    name: str
    observation: Observation | None
    active_run: ListedRun | None
    newest_run: ListedRun | None
    orchestrator: CloudOrchestrator | None


class Clouds(Shape):
    """All of them, by name."""

    clouds: list[KnownCloud]


class RunningRelease(Shape):
    """Which release runs, or which may."""

    series: str | None
    candidates: list[str]
    evidence: list[str]
    proof: list[str] = Field(default_factory=list)


class Host(Shape):
    """A host."""

    name: str
    aliases: list[str]
    planes: list[str]
    roles: list[str]
    zone: str | None
    address: str | None


class Instance(Shape):
    """A row behind a service."""

    name: str
    status: str
    state: str
    updated_at: datetime | None


class Service(Shape):
    """A program on a host."""

    binary: str
    project: str
    host: str
    plane: str
    role: str
    status: str
    state: str
    updated_at: datetime | None
    zone: str | None
    version: str | None
    version_from: str | None
    releases: list[str]
    installed: str | None
    sources: list[str]
    instances: list[Instance]
    duty: str | None = None


class Hypervisor(Shape):
    """A hypervisor as Nova has it."""

    name: str
    host: str
    state: str
    status: str


class Endpoint(Shape):
    """Where an API is asked."""

    service_type: str
    interface: str
    url: str


class Cloud(Shape):
    """What was seen of a cloud: what `stairlift discover -o json` prints."""

    schema_: Schema
    cloud: str
    deployment: str | None
    release: RunningRelease
    hosts: list[Host]
    services: list[Service]
    infrastructure: list[Service]
    hypervisors: list[Hypervisor]
    endpoints: list[Endpoint]
    findings: list[Finding]
