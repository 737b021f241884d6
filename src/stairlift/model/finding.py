"""A finding: something that a person should know, and what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
_RANK: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about the cloud or the plan. An error refuses a plan unless it is waived by name.

    `data` has parts of the message by name, where somebody has more use for them than for the sentence.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    resolution: str
    data: Mapping[str, str] = field(default_factory=dict, hash=False)

    def document(self) -> dict[str, Any]:
        """The finding as the Contract's JSON object, with `data` where there is any."""
        return {name: value for name, value in asdict(self).items() if name != "data" or value}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's word that findings of this code (and subject, if given) shall not stop the plan.

    `who` answers for it, `why` is in their words, `until` is the last day that it holds: of one that was typed as a
    flag they are empty.
    """

    code: str
    subject: str | None = None
    who: str = ""
    why: str = ""
    until: date | None = None

    @classmethod
    def parse(cls, text: str) -> "Waiver":
        """Read CODE or CODE:SUBJECT; the subject may be a glob and may hold colons itself."""
        code, _, subject = text.partition(":")
        return cls(code, subject or None)

    def covers(self, finding: Finding) -> bool:
        """Whether this waiver speaks of that finding."""
        if finding.code != self.code:
            return False
        # the literal first: a subject may hold brackets, which a glob reads as a choice of characters
        return self.subject in (None, finding.subject) or fnmatchcase(finding.subject, self.subject or "*")

    def holds(self, today: date) -> bool:
        """Whether its time is not over."""
        return self.until is None or today <= self.until

    @property
    def told(self) -> str:
        """All of it, for people."""
        until = f" until {self.until}" if self.until else ""
        return f"{self} by {self.who}{until}: {self.why}" if self.who else str(self)

    def __str__(self) -> str:
        return self.code if self.subject is None else f"{self.code}:{self.subject}"


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, then by code and subject, each once: the same findings always read the same."""
    return tuple(sorted(set(findings), key=lambda f: (_RANK[f.severity], f.code, f.subject, f.message)))


def unwaived_errors(findings: Iterable[Finding], waivers: Iterable[Waiver]) -> tuple[Finding, ...]:
    """The findings that refuse a plan."""
    granted = tuple(waivers)
    return tuple(f for f in findings if f.severity == "error" and not any(w.covers(f) for w in granted))
