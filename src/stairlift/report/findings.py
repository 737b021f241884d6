"""Findings as lines for people: worst first, what was waived marked as such, many of a kind cut short."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from stairlift.model.finding import Finding, Severity, Waiver
from stairlift.report.text import count

Weight = Severity | Literal["waived", "hint"]
#: How many of one code are shown: the first few tell what it is about.
_SHOWN: Mapping[Weight, int] = {"error": 10, "waived": 10, "warning": 3, "info": 3}


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A line of text and how much it matters: "waived" is what somebody answers for, "hint" says what to do."""

    text: str
    weight: Weight


def finding_lines(
    findings: Sequence[Finding], waivers: Iterable[Waiver] = (), *, all_in: str | None = None
) -> tuple[FindingLine, ...]:
    """A line for each finding, then what to do, and how many are left out; `all_in` is where all of them are."""
    granted = tuple(waivers)
    groups = groupby(findings, key=lambda f: (_weight(f, granted), f.code))
    return tuple(line for (weight, _), group in groups for line in _group(list(group), weight, granted, all_in))


def _weight(finding: Finding, waivers: Sequence[Waiver]) -> Weight:
    return "waived" if _waiver(finding, waivers) else finding.severity


def _waiver(finding: Finding, waivers: Sequence[Waiver]) -> Waiver | None:
    return next((w for w in waivers if finding.severity == "error" and w.covers(finding)), None)


def _group(
    group: Sequence[Finding], weight: Weight, waivers: Sequence[Waiver], all_in: str | None
) -> list[FindingLine]:
    """The findings of one code; what to do is said once where it is the same for several."""
    shown = group[: _SHOWN[weight]]
    lines = []
    for hint, alike in groupby(shown, key=lambda f: _hint(f, _waiver(f, waivers))):
        lines += [FindingLine(f"  {weight:<7} {f.code} {f.subject}: {f.message}", weight) for f in alike]
        lines.append(FindingLine(f"          {hint}", "hint"))
    left = len(group) - len(shown)
    if left:
        where = f"; {all_in} has all" if all_in else ""
        lines.append(FindingLine(f"  ... and {count(left, 'more finding')} {group[0].code}{where}", "hint"))
    return lines


def _hint(finding: Finding, waiver: Waiver | None) -> str:
    if waiver is None:
        return finding.resolution
    by = f"by {waiver.who}: {waiver.why}" if waiver.who else f"by --waive {waiver}"
    return f"waived {by}, on record in the plan"
