"""The reference of the checks is the catalogue. `UPDATE=1` writes the table anew."""

import os
from collections.abc import Iterator

from pages import ROOT
from stairlift.drive.check_registry import installed
from stairlift.knowledge.checks import CheckRule, catalogue

PAGE = ROOT / "docs" / "reference" / "checks.md"
HEADING = "## The catalogue\n"
_ASKED_BY = {"plan": "what the strategies review", "run": "the run, of every step"}


def lines() -> Iterator[str]:
    yield "| no | code | passes if | severity | asked | takes |"
    yield "|---|---|---|---|---|---|"
    for code, rule in catalogue().items():
        row = (rule.info.number, f"`{code}`", rule.info.passes, severity(rule), asked(rule), takes(rule))
        yield f"| {' | '.join(map(str, row))} |"


def severity(rule: CheckRule) -> str:
    grave = f", warning before {rule.grave_since}" if rule.grave_since else ""
    since = f", from {rule.since}" if rule.since else ""
    return f"{rule.info.severity}{grave}{since}"


def asked(rule: CheckRule) -> str:
    return ", ".join(
        [*rule.info.phases, *(["one-way"] if rule.one_way else []), *(["each member"] if rule.member else [])]
    )


def takes(rule: CheckRule) -> str:
    needs = {"nothing": "", "api": "API", "shell": "shell"}[rule.info.needs]
    limits = ", ".join(f"{name} = {value}" for name, value in (rule.limits or {}).items())
    return "; ".join(filter(None, (_ASKED_BY.get(rule.by, needs), limits)))


def test_the_table_is_the_catalogue():
    text = PAGE.read_text(encoding="utf-8")
    head, _, below = text.partition(HEADING)
    words, _, _ = below.partition("\n| no |")
    made = f"{head}{HEADING}{words.rstrip()}\n\n" + "\n".join(lines()) + "\n"
    if os.environ.get("UPDATE") == "1":
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made


def test_every_check_of_the_catalogue_is_asked_by_somebody():
    by_class = {code for code, rule in catalogue().items() if rule.by == "check"}
    assert by_class == {check.info.code for check in installed().checks}


def test_they_are_numbered():
    assert [rule.info.number for rule in catalogue().values()] == list(range(1, len(catalogue()) + 1))
