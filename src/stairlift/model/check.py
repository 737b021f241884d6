"""What a check asks, what it is answered, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from stairlift.model.availability import Canary
from stairlift.model.cloud import Cloud
from stairlift.model.effect import Effect
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding, Severity
from stairlift.model.observation import Observation
from stairlift.model.plan import Plan, Step
from stairlift.model.release import Release

#: Before the first change, at a gate between steps, after the last one.
Phase = Literal["before", "gate", "end"]
#: "unknown": it could not run, which counts as failed unless it is waived by name. "skipped": nobody gave the means to
#: ask, such as a shell on any host.
CheckState = Literal["passed", "failed", "unknown", "waived", "skipped"]


#: The subject of the finding that a check could not run.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """What people need to know of a check. `code` names it in waivers; `source` is where its rule comes from.

    `severity` is that of a failure. `needs` says what must be there for it to run: an API, a shell on hosts, both.
    `number` is its place in the catalogue of checks, 0 for one of somebody else's.
    """

    code: str
    title: str
    phases: tuple[Phase, ...]
    severity: Severity
    passes: str
    source: str
    needs: Literal["nothing", "api", "shell"] = "nothing"
    number: int = 0


@dataclass(frozen=True, slots=True)
class ApiQuestion:
    """A GET below a service's endpoint, all pages of it. `collection` is the key of the list in the body, "" if none.

    `paged` is False where the whole list comes at once, and a limit would be refused.
    """

    service_type: str
    path: str
    microversion: str | None = None
    collection: str = ""
    paged: bool = True


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
    status as `returncode`, the JSON or None as `body`, and `seconds`. `asked_at` is when, on our clock, and `seconds`
    how long it took. `expires` is when the certificate at a URL ends.
    """

    body: Any = None
    returncode: int | None = None
    out: str = ""
    err: str = ""
    trouble: Trouble | None = None
    detail: str = ""
    cloud_time: datetime | None = None
    seconds: float = 0.0
    asked_at: datetime | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backups:
    """Where an operator's backups are, as `[checks.backup]` says: on `host`, what fits the globs.

    `paths` are of databases, `files` of configuration and keys; `newest` is how old the newest may be, in seconds;
    `restored` is what they say of having tried to restore it.
    """

    host: str
    paths: tuple[str, ...]
    files: tuple[str, ...]
    newest: float
    restored: str = ""


@dataclass(frozen=True, slots=True)
class Programs:
    """How a project's programs are run on its hosts, as `[checks]` says: words with `{command}` and others in braces.

    `running` are for the code that runs now and `target` for that of the target; () where a host is to find it itself.
    `within` is how many seconds each may take.
    """

    running: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    within: float = 220.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a check is about: the cloud, the way if one was asked for, and when.

    `backends` are the addresses of API backends by (binary, host). `shells` are the hosts that a script can be run on.
    `programs` and `backups` are what `[checks]` says of the hosts. `findings` are what reconciling and planning found
    already. `effects` is the ledger of the run, `canary` what its write probe tried behind its last step. `baseline`
    has, by the code of a check, the facts of its judgement before the run. `about` is the step that a gate stands
    before. Only endpoints of `interface` may be contacted.
    """

    cloud: Cloud
    now: datetime
    source: Release | None = None
    target: Release | None = None
    plan: Plan | None = None
    observations: Sequence[Observation] = ()
    backends: Mapping[tuple[str, str], str] = field(default_factory=dict)
    shells: frozenset[str] = frozenset()
    programs: Programs = Programs()
    backups: Backups | None = None
    findings: Sequence[Finding] = ()
    effects: Sequence[Effect] = ()
    canary: Canary | None = None
    baseline: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    about: Step | None = None
    interface: str = "public"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check makes of its answers. `unknown` says what it could not find out; `evidence` is what it saw.

    It has passed where it found nothing that is an error or a warning and nothing is unknown. `facts` are JSON values
    that a later judgement of the same check may want to compare with: those of before a run become its baseline.
    `remedy` is what would let it find out what is unknown: a sentence, and behind it lines to be pasted somewhere.
    """

    findings: tuple[Finding, ...] = ()
    evidence: str = ""
    unknown: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check came out, at a time. `waived_by` says who waived it, why, and until when."""

    info: CheckInfo
    state: CheckState
    at: datetime
    judgement: Judgement
    waived_by: str = ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it found; that it could not find out something is an error by its own code."""
        return (*self.judgement.findings, *self._unknown())

    def _unknown(self) -> tuple[Finding, ...]:
        if not self.judgement.unknown or self.state == "skipped":
            return ()
        message = f"{self.info.title} is not known: {self.judgement.unknown}"
        what, line, paste = (self.judgement.remedy or "mend what keeps it from being asked").partition("\n")
        resolution = f"{what}; --waive {self.info.code} if you answer for it{line}{paste}"
        return (Finding(self.info.code, "error", UNKNOWN, message, resolution),)
