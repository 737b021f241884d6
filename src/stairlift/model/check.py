"""What a check asks, what it is answered, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding, Severity
from stairlift.model.observation import Observation
from stairlift.model.plan import Plan
from stairlift.model.release import Release

#: Before the first change, at a gate between steps, after the last one.
Phase = Literal["before", "gate", "end"]
#: "unknown": it could not run, which counts as failed unless it is waived by name.
CheckState = Literal["passed", "failed", "unknown", "waived"]


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What people need to know of a check. `code` names it in waivers; `source` is where its rule comes from.

    `severity` is that of a failure. `needs` says what must be there for it to run: an API, a shell on hosts, both.
    """

    code: str
    title: str
    phases: tuple[Phase, ...]
    severity: Severity
    passes: str
    source: str
    needs: Literal["nothing", "api", "shell"] = "nothing"


@dataclass(frozen=True, slots=True)
class ApiQuestion:
    """A GET below a service's endpoint, all pages of it. `collection` is the key of the list in the body, "" if none."""

    service_type: str
    path: str
    microversion: str | None = None
    collection: str = ""


@dataclass(frozen=True, slots=True)
class HostQuestion:
    """A POSIX shell script for a host. It changes nothing. `timeout` is in seconds."""

    host: str
    script: str
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class UrlQuestion:
    """A GET without credentials, such as of a version document at the address of one backend."""

    url: str
    timeout: float = 10.0


Question = ApiQuestion | HostQuestion | UrlQuestion


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `trouble` is why nothing did, with a sentence in `detail`.

    Of an API `body` is the JSON, or the list of all pages; of a host `returncode`, `out` and `err`; of a URL the HTTP
    status as `returncode`, the JSON or None as `body`, and `seconds`.
    """

    body: Any = None
    returncode: int | None = None
    out: str = ""
    err: str = ""
    trouble: Trouble | None = None
    detail: str = ""
    cloud_time: datetime | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a check is about: the cloud, the way if one was asked for, and when.

    `backends` are the addresses of API backends by (binary, host). `shells` are the hosts that a script can be run on.
    """

    cloud: Cloud
    now: datetime
    source: Release | None = None
    target: Release | None = None
    plan: Plan | None = None
    observations: Sequence[Observation] = ()
    backends: Mapping[tuple[str, str], str] = field(default_factory=dict)
    shells: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check makes of its answers. `unknown` says what it could not find out; `evidence` is what it saw.

    It has passed where it found nothing that is an error or a warning and nothing is unknown.
    """

    findings: tuple[Finding, ...] = ()
    evidence: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check came out, at a time. `waived_by` says who waived it, why, and until when."""

    info: CheckInfo
    state: CheckState
    at: datetime
    judgement: Judgement
    waived_by: str = ""
