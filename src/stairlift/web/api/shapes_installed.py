"""What is installed on the server, and the workers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from stairlift.web.api.shapes import Schema, Shape


class Installed(Shape):
    """What strategies and sources have in common."""

    name: str
    path: str = Field(alias="class")
    package: str
    description: str
    lacks: list[str]
    broken: str | None


class Strategy(Installed):
    """A strategy; null is what its class does not tell."""

    concurrency: list[str] | None
    undo: str | None
    dry_run: str | None
    repeatable: str | None
    per_hop: bool


class Strategies(Shape):
    """Every one that is installed."""

    strategies: list[Strategy]


class Source(Installed):
    """A source of knowledge; `credentials`: whether it asks the cloud itself."""

    credentials: bool


class Inventories(Shape):
    """Every one that is installed."""

    inventories: list[Source]


class WorkerAttempt(Shape):
    """An attempt that a worker is at."""

    run: str
    step: str
    number: int


class Worker(Shape):
    """Who carries out attempts near the hosts."""

    name: str
    host: str
    pid: int
    queues: list[str]
    jobs: int
    state: Literal["alive", "silent"]
    seen_at: datetime
    attempts: list[WorkerAttempt]


class Workers(Shape):
    """All of them."""

    schema_: Schema
    workers: list[Worker]
