"""The catalogue of checks: what each is for, when it is asked, how grave its failure is, and by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from stairlift.knowledge.document import Entry, invalid, read
from stairlift.model.check import CheckInfo, Phase
from stairlift.model.finding import Severity
from stairlift.model.release import Release

_PHASES: tuple[Phase, ...] = ("before", "gate", "end")
_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_NEEDS = ("nothing", "api", "shell")
#: Who asks: a class of the entry points; the planner's own reviews; the run, step by step.
By = Literal["check", "plan", "run"]
_BY: tuple[By, ...] = ("check", "plan", "run")


@dataclass(frozen=True, slots=True)
class CheckRule:
    """An entry of the catalogue.

    It concerns ways to `since` or later; to releases before `grave_since` its failure is only a warning. `limits` are
    the thresholds it judges by, in the units that their names say. `wraps` are codes of findings that others make.
    `one_way`: it is asked anew before a step that nothing leads back from; `member`: before each member of a quorum.
    """

    info: CheckInfo
    by: By
    since: Release | None = None
    grave_since: Release | None = None
    limits: Mapping[str, int] | None = None
    wraps: tuple[str, ...] = ()
    one_way: bool = False
    member: bool = False

    def concerns(self, target: Release | None) -> bool:
        """Whether it is about a way to this release; one without a target is about none in particular."""
        return self.since is None or (target is not None and target >= self.since)

    def severity(self, target: Release | None) -> Severity:
        """How grave a failure is on the way to this release."""
        if self.grave_since is not None and (target is None or target < self.grave_since):
            return "warning"
        return self.info.severity

    def limit(self, name: str) -> int:
        """The threshold of this name; KeyError where the catalogue has none."""
        return (self.limits or {})[name]


def catalogue_of(document: Entry) -> Mapping[str, CheckRule]:
    """The content of a catalogue, by code; a number that is given twice is refused."""
    found = {code: _rule(code, entry) for code, entry in document.children("checks").items()}
    document.close()
    numbers = [rule.info.number for rule in found.values()]
    if len(set(numbers)) != len(numbers):
        raise invalid(document.where, "two checks have the same number")
    return found


def _rule(code: str, entry: Entry) -> CheckRule:
    phases = entry.texts("phases")
    if not phases or not set(phases) <= set(_PHASES):
        raise invalid(entry.where, f"phases are some of {', '.join(_PHASES)}")
    severity = cast("Severity", entry.text("severity", among=_SEVERITIES))
    found = CheckRule(
        info=CheckInfo(
            code=code,
            title=entry.text("title"),
            phases=cast("tuple[Phase, ...]", phases),
            severity=severity,
            passes=entry.text("passes"),
            source=entry.source(),
            needs=cast("Literal['nothing', 'api', 'shell']", entry.text("needs", "nothing", among=_NEEDS)),
            number=entry.number("number"),
        ),
        by=cast("By", entry.text("by", "check", among=_BY)),
        since=entry.release("since"),
        grave_since=entry.release("grave_since"),
        limits=_limits(entry),
        wraps=entry.texts("wraps"),
        one_way=entry.flag("one_way"),
        member=entry.flag("member"),
    )
    entry.close()
    return found


def _limits(entry: Entry) -> dict[str, int]:
    limits = entry.mapping("limits")
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in limits.values()):
        raise invalid(f"{entry.where}.limits", "whole numbers are expected")
    return limits


@cache
def catalogue() -> Mapping[str, CheckRule]:
    """Every check of the catalogue by its code, in the order of the numbers."""
    found = catalogue_of(read("checks.yaml"))
    return dict(sorted(found.items(), key=lambda pair: pair[1].info.number))


def rule(code: str) -> CheckRule:
    """The entry of this code; KeyError for one that the catalogue does not have."""
    return catalogue()[code]


def info(code: str) -> CheckInfo:
    """What people need to know of the check of this code."""
    return rule(code).info
