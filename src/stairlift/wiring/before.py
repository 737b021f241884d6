"""The checks before the first change: for who asks whether a cloud is ready, and for a run that is about to begin."""

from collections.abc import Iterator, Sequence

from stairlift.drive.check_registry import installed
from stairlift.drive.checks import run_checks
from stairlift.model.check import CheckResult
from stairlift.model.finding import Finding, Severity, Waiver
from stairlift.report.text import count
from stairlift.wiring.questions import Asking

Before = tuple[tuple[CheckResult, ...], tuple[Finding, ...]]


def before(asked: Asking, waivers: Sequence[Waiver], *, strict: bool = False) -> Before:
    """How they come out, and what there is to say of them beside their own findings: the broken and the skipped.

    `strict` makes errors of those that nobody gave the means for; otherwise that is one warning.
    """
    found = installed()
    results = run_checks(found.checks, asked.scene, asked.ways, phase="before", waivers=waivers)
    skipped = [result for result in results if result.state == "skipped"]
    return results, (*found.broken, *(_each(skipped) if strict else _together(skipped)))


def _each(skipped: Sequence[CheckResult]) -> Iterator[Finding]:
    for result in skipped:
        yield _finding(result.info.code, "error", f"{result.info.title} was not asked: {result.judgement.unknown}")


def _together(skipped: Sequence[CheckResult]) -> Iterator[Finding]:
    for why in dict.fromkeys(result.judgement.unknown for result in skipped):
        number = sum(result.judgement.unknown == why for result in skipped)
        yield _finding("shell" if "shell" in why else "api", "warning", f"{count(number, 'check')} not asked: {why}")


def _finding(subject: str, severity: Severity, message: str) -> Finding:
    return Finding(
        code="check.skipped",
        severity=severity,
        subject=subject,
        message=message,
        resolution="give the means and check again; --strict makes errors of what was not asked",
    )
