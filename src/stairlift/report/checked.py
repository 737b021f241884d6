"""What `stairlift check` found: for programs as the Contract's document, for people as one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.finding import Finding, in_order
from stairlift.model.release import Release
from stairlift.report.text import count

SCHEMA = "stairlift.check/1"
COLUMNS = ("SEVERITY", "CODE", "SUBJECT", "WHAT, AND WHAT TO DO")


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """An entry of stairlift.toml: where it stands, what does it, how many steps of the plan are its own.

    `steps` is None where no plan was made; `usable` says whether it could be built and frozen.
    """

    place: str
    use: str
    usable: bool
    steps: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """All that was looked at. `refusing` are the findings that refuse a plan: errors that nobody waived."""

    cloud: str
    source: Release | None
    target: Release | None
    entries: tuple[CheckedEntry, ...]
    findings: tuple[Finding, ...]
    refusing: tuple[Finding, ...]


def check_document(checked: Checked) -> dict[str, Any]:
    """The Contract's object."""
    return {
        "schema": SCHEMA,
        "cloud": checked.cloud,
        "from": _series(checked.source),
        "to": _series(checked.target),
        "strategies": [{"place": e.place, "use": e.use, "usable": e.usable, "steps": e.steps} for e in checked.entries],
        "findings": [finding.document() for finding in in_order(checked.findings)],
    }


def _series(release: Release | None) -> str | None:
    return str(release) if release else None


def check_rows(checked: Checked) -> Sequence[tuple[str, ...]]:
    """A row for each finding, the worst first, as `COLUMNS` name it."""
    return [(f.severity, f.code, f.subject, _told(f)) for f in in_order(checked.findings)]


def _told(finding: Finding) -> str:
    return f"{finding.message.rstrip('.')}; {finding.resolution}"


def check_line(checked: Checked) -> str:
    """The whole in a line."""
    way = f" on its way to {checked.target}" if checked.target else ""
    numbers = [(sum(f.severity == s for f in checked.findings), s) for s in ("error", "warning")]
    found = ", ".join(count(number, severity) for number, severity in numbers if number) or "nothing wrong"
    waived = sum(f.severity == "error" for f in checked.findings) - len(checked.refusing)
    entries = f"{len(checked.entries)} {'entry' if len(checked.entries) == 1 else 'entries'} of stairlift.toml"
    return f"{checked.cloud}{way}, {entries}: {found}" + (f" ({waived} waived)" if waived else "")
