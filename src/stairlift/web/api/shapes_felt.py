"""What users felt, and what was changed beside the upgrade."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from stairlift.web.api.shapes import Schema, Shape


class Baseline(Shape):
    """When it was measured how the cloud was before."""

    begin: datetime
    end: datetime


class Outage(Shape):
    """From the first failed request to the last. Seconds."""

    first: datetime
    last: datetime
    recovered: datetime | None
    failed: int
    downtime: float


class Latency(Shape):
    """Milliseconds, before and since, and how much slower that is."""

    before: float | None
    since: float | None
    absolute: float | None
    relative: float | None


class Api(Shape):
    """What became of the requests to an API, or to one of its backends. Times in seconds."""

    name: str
    api: str
    via: str
    charged: bool
    requests: int
    states: dict[str, int]
    downtime: float
    mttr: float | None
    no_data: float
    outages: list[Outage]
    latency: dict[str, Latency]


class FeltAtStep(Shape):
    """What users felt while a step was in flight, or none."""

    step: str | None
    requests: int
    failed: dict[str, int]
    p99: float | None


class FailedRequest(Shape):
    """A request that failed."""

    at: datetime
    target: str
    took: float
    why: str


class Availability(Shape):
    """What `stairlift availability -o json` prints."""

    schema_: Schema
    run: str
    begin: datetime
    end: datetime
    rate: float
    baseline: Baseline | None
    requests: int
    failed: int
    dropped: int
    apis: list[Api]
    backends: list[Api]
    steps: list[FeltAtStep]
    failures: list[FailedRequest]


class Bin(Shape):
    """What came back in a stretch of time; `no_data` is for how many seconds of it nothing is known."""

    state: str
    ok: int
    slow: int
    failed: int
    no_data: float


class Strip(Shape):
    """Numbers of each API in stretches of time. Times are in seconds since 1970."""

    source: Annotated[float, Field(alias="from")]
    to: float
    baseline: list[float] | None
    apis: dict[str, list[Bin]]


class Effect(Shape):
    """Something that a run has changed beside the upgrade."""

    id: str
    kind: str
    subject: str
    step: str
    state: str
    open: bool
    since: datetime
    ended_at: datetime | None
    note: str


class Ledger(Shape):
    """All that a run has changed: what `stairlift ledger -o json` prints."""

    schema_: Schema
    run: str
    cloud: str
    state: str
    effects: list[Effect]


class Ledgers(Shape):
    """Those of all runs that have changed anything."""

    ledgers: list[Ledger]
