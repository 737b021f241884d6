"""What a document of `check` tells of, as far as anything that is shown of it goes.

What is not told of a check is as if nobody knew it: when it is asked, where its rule comes from, its facts.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.model.check import UNKNOWN, CheckInfo, CheckResult, Judgement
from stairlift.model.finding import Finding, unwaived_errors
from stairlift.model.plan_document import waivers_from
from stairlift.model.release import Release
from stairlift.report.checked import Checked, CheckedEntry

_Document = Mapping[str, Any]


def checked_of(document: _Document) -> Checked:
    """What `check_document` was made of."""
    findings = tuple(Finding(**one) for one in document["findings"])
    waivers = waivers_from(document["waivers"])
    return Checked(
        cloud=document["cloud"],
        source=_release(document["from"]),
        target=_release(document["to"]),
        entries=tuple(CheckedEntry(**one) for one in document["strategies"]),
        findings=findings,
        refusing=unwaived_errors(findings, waivers),
        checks=tuple(map(_result, document["checks"])),
        waivers=waivers,
        over=tuple(document["expired"]),
    )


def _release(series: str | None) -> Release | None:
    return Release.parse(series) if series else None


def _result(found: _Document) -> CheckResult:
    told = {key: found[key] for key in ("code", "title", "severity", "passes")}
    info = CheckInfo(**told, phases=(), source="", number=found["number"] or 0)
    at, findings = datetime.fromisoformat(found["at"]), tuple(Finding(**one) for one in found["findings"])
    return CheckResult(info, found["state"], at, _judgement(info, found, findings), found["waived_by"])


def _judgement(info: CheckInfo, found: _Document, findings: tuple[Finding, ...]) -> Judgement:
    """Its findings without the one that it could not find out something: that is made of the rest, and of a remedy."""
    told = Judgement(evidence=found["evidence"], unknown=found["unknown"])
    made = CheckResult(info, found["state"], datetime.fromisoformat(found["at"]), told).findings
    named = {(one.code, one.subject, one.message) for one in made if one.subject == UNKNOWN}
    own = tuple(one for one in findings if (one.code, one.subject, one.message) not in named)
    remedy = next((_remedy(info, one) for one in findings if one not in own), "")
    return Judgement(own, told.evidence, told.unknown, remedy=remedy)


def _remedy(info: CheckInfo, unknown: Finding) -> str:
    """What `CheckResult` has put its offer behind."""
    what, line, paste = unknown.resolution.partition("\n")
    return f"{what.removesuffix(f'; --waive {info.code} if you answer for it')}{line}{paste}"
