"""The catalogue of checks: read strictly, and what its rules say of a way."""

import pytest

from stairlift.knowledge.checks import catalogue, catalogue_of, rule
from stairlift.knowledge.document import Entry
from stairlift.knowledge.releases import parse_series
from stairlift.model.errors import StairliftError

ENTRY = {"number": 1, "title": "it", "phases": ["before"], "severity": "error", "passes": "it is so", "source": "lab"}


def read(**checks):
    return catalogue_of(Entry({"sources": {"lab": "the lab's handbook"}, "checks": checks}, "lab.yaml"))


def test_an_entry_says_all_of_a_check():
    info = read(**{"a.b": ENTRY | {"needs": "shell"}})["a.b"].info
    assert (info.code, info.needs, info.source, info.number) == ("a.b", "shell", "the lab's handbook", 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"phases": ["sometimes"]}, "phases"),
        ({"phases": []}, "phases"),
        ({"severity": "grave"}, "grave"),
        ({"source": "hearsay"}, "hearsay"),
        ({"needs": "luck"}, "luck"),
        ({"limits": {"days": "many"}}, "whole numbers"),
        ({"grave_sinc": "2025.1"}, "grave_sinc"),
    ],
)
def test_what_is_wrong_is_refused(wrong, said):
    with pytest.raises(StairliftError, match=said):
        read(**{"a.b": ENTRY | wrong})


def test_a_number_is_given_once():
    with pytest.raises(StairliftError, match="same number"):
        read(**{"a.b": ENTRY, "c.d": ENTRY})


@pytest.mark.parametrize(
    ("target", "severity"), [(None, "warning"), ("2025.1", "warning"), ("2025.2", "error"), ("2026.1", "error")]
)
def test_how_grave_a_failure_is_may_depend_on_the_way(target, severity):
    assert rule("keystone.service_role").severity(parse_series(target) if target else None) == severity


@pytest.mark.parametrize(("target", "concerned"), [(None, False), ("2023.1", False), ("2023.2", True)])
def test_a_rule_may_hold_from_a_release_on(target, concerned):
    assert rule("placement.aggregates").concerns(parse_series(target) if target else None) is concerned


def test_what_is_asked_before_one_way_steps_has_a_gate():
    assert all("gate" in rule.info.phases for rule in catalogue().values() if rule.one_way)


def test_who_gathers_the_findings_of_others_asks_nothing_for_them():
    assert all(rule.info.needs == "nothing" for rule in catalogue().values() if rule.wraps)
