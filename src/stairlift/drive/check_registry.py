"""Which checks are installed: classes found by their entry points. A broken one is a finding and hides no other."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from stairlift.model.check import CheckInfo
from stairlift.model.finding import Finding
from stairlift.ports import Check

GROUP = "stairlift.checks"
_METHODS = ("applies", "asks", "judge")


@dataclass(frozen=True, slots=True)
class Installed:
    """The checks that can be used, by their numbers and codes, and what is wrong with the others."""

    checks: tuple[Check, ...]
    broken: tuple[Finding, ...] = ()


def installed() -> Installed:
    """What the packages of this interpreter offer. Entry points are imported here."""
    checks: dict[str, Check] = {}
    broken: list[Finding] = []
    for point in _points():
        made = _made(point)
        if isinstance(made, Finding):
            broken.append(made)
        elif made.info.code in checks:
            broken.append(_finding(point, f"another one has the code {made.info.code} already"))
        else:
            checks[made.info.code] = made
    ordered = sorted(checks.values(), key=lambda check: (check.info.number or 1000, check.info.code))
    return Installed(tuple(ordered), tuple(broken))


def codes() -> frozenset[str]:
    """The codes of all checks, which are the names of their entry points; nothing is imported."""
    return frozenset(point.name for point in _points())


def _points() -> Iterator[EntryPoint]:
    """Each once: an editable installation may be listed twice."""
    seen: set[tuple[str, str]] = set()
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        if (point.name, point.value) not in seen:
            seen.add((point.name, point.value))
            yield point


def _made(point: EntryPoint) -> Check | Finding:
    try:
        made = point.load()()
    except (Exception, SystemExit) as wrong:  # it may be anybody's code  # noqa: BLE001
        return _finding(point, f"{type(wrong).__name__}: {wrong}")
    lacking = [name for name in _METHODS if not callable(getattr(made, name, None))]
    if not isinstance(getattr(made, "info", None), CheckInfo) or lacking:
        return _finding(point, f"it is no check: it lacks {', '.join(lacking) or 'its info'}")
    return made  # type: ignore[no-any-return]


def _finding(point: EntryPoint, what: str) -> Finding:
    package = point.dist.name if point.dist else point.value
    return Finding(
        code="check.broken",
        severity="error",
        subject=point.name,
        message=f"the check {point.name} of {package} does not work: {what}",
        resolution=f"repair or uninstall {package}; or --waive check.broken:{point.name}",
    )
