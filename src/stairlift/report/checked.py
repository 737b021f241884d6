"""What `stairlift check` found: for programs as the Contract's document, for people as one table."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.check import UNKNOWN, CheckResult, CheckState
from stairlift.model.finding import Finding, Waiver, in_order
from stairlift.model.plan_document import waiver_document
from stairlift.model.release import Release
from stairlift.report.text import count

SCHEMA = "stairlift.check/1"
COLUMNS = ("SEVERITY", "CODE", "SUBJECT", "STATE", "WHAT, AND WHAT TO DO")
#: What there is no finding of, in the order in which it is shown.
_QUIET: tuple[CheckState, ...] = ("skipped", "passed")


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
    """All that was looked at. `refusing` are the findings that refuse a plan: errors that nobody waived.

    `checks` came out as they did with these `waivers`; `over` are sentences about waivers whose time is over.
    """

    cloud: str
    source: Release | None
    target: Release | None
    entries: tuple[CheckedEntry, ...]
    findings: tuple[Finding, ...]
    refusing: tuple[Finding, ...]
    checks: tuple[CheckResult, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    over: tuple[str, ...] = ()


def check_document(checked: Checked) -> dict[str, Any]:
    """The Contract's object."""
    return {
        "schema": SCHEMA,
        "cloud": checked.cloud,
        "from": _series(checked.source),
        "to": _series(checked.target),
        "strategies": [{"place": e.place, "use": e.use, "usable": e.usable, "steps": e.steps} for e in checked.entries],
        "findings": [finding.document() for finding in in_order(checked.findings)],
        "checks": [_check_document(result) for result in checked.checks],
        "waivers": [waiver_document(waiver) for waiver in checked.waivers],
        "expired": list(checked.over),
    }


def _check_document(result: CheckResult) -> dict[str, Any]:
    info, judgement = result.info, result.judgement
    return {
        "number": info.number or None,
        "code": info.code,
        "title": info.title,
        "passes": info.passes,
        "severity": info.severity,
        "state": result.state,
        "at": result.at.isoformat(),
        "evidence": judgement.evidence,
        "unknown": judgement.unknown,
        "waived_by": result.waived_by,
        "findings": [finding.document() for finding in in_order(result.findings)],
    }


def _series(release: Release | None) -> str | None:
    return str(release) if release else None


def check_rows(checked: Checked) -> Sequence[tuple[str, ...]]:
    """A row for each finding, the worst first, then one for each check that found nothing, as `COLUMNS` name it."""
    unknown = {finding for result in checked.checks for finding in result.findings if finding.subject == UNKNOWN}
    found = [(f.severity, f.code, f.subject, _state(f, checked, unknown), _told(f)) for f in in_order(checked.findings)]
    return [*found, *(_quiet(result) for state in _QUIET for result in checked.checks if result.state == state)]


def _state(finding: Finding, checked: Checked, unknown: Collection[Finding]) -> str:
    if _waiver(finding, checked.waivers):
        return "waived"
    return "unknown" if finding in unknown else "" if finding.severity == "info" else "failed"


def _waiver(finding: Finding, waivers: Sequence[Waiver]) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.covers(finding)), None)


def _quiet(result: CheckResult) -> tuple[str, ...]:
    told = result.judgement.unknown if result.state == "skipped" else result.judgement.evidence or result.info.passes
    return ("-", result.info.code, "", result.state, told)


def _told(finding: Finding) -> str:
    """In one line: what is to be pasted stands below the table."""
    return f"{finding.message.rstrip('.')}; {finding.resolution.partition(chr(10))[0]}"


def check_pastes(checked: Checked) -> tuple[str, ...]:
    """What findings want to be pasted somewhere, below a line that names them; each once."""
    codes: dict[str, list[str]] = {}
    for finding in in_order(checked.findings):
        if paste := finding.resolution.partition("\n")[2]:
            codes.setdefault(paste, []).append(finding.code)
    return tuple(f"for {', '.join(dict.fromkeys(named))}:\n\n{paste}\n" for paste, named in codes.items())


def check_line(checked: Checked) -> str:
    """The whole in a line."""
    way = f" on its way to {checked.target}" if checked.target else ""
    numbers = [(sum(f.severity == s for f in checked.findings), s) for s in ("error", "warning")]
    found = ", ".join(count(number, severity) for number, severity in numbers if number) or "nothing wrong"
    waived = sum(f.severity == "error" for f in checked.findings) - len(checked.refusing)
    entries = f"{len(checked.entries)} {'entry' if len(checked.entries) == 1 else 'entries'} of stairlift.toml"
    asked = f", {_tally(checked.checks)}" if checked.checks else ""
    return f"{checked.cloud}{way}, {entries}{asked}: {found}" + (f" ({waived} waived)" if waived else "")


def _tally(results: Sequence[CheckResult]) -> str:
    """How many checks came out how."""
    states = Counter(result.state for result in results)
    rest = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return f"{count(len(results), 'check')} ({rest})"
