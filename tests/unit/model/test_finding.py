"""Findings in one order, and waivers that speak of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.finding import Finding, Waiver, in_order, unwaived_errors

STALE = Finding("record.stale", "error", "nova-compute@cmp1", "it is stale", "mend it")


@pytest.mark.parametrize(
    ("text", "code", "subject"),
    [
        ("record.stale", "record.stale", None),
        ("record.stale:nova-compute@cmp1", "record.stale", "nova-compute@cmp1"),
        ("source.empty:ansible:/etc/inventory", "source.empty", "ansible:/etc/inventory"),
        ("record.stale:", "record.stale", None),
    ],
)
def test_a_waiver_is_a_code_and_perhaps_a_subject_with_colons(text, code, subject):
    assert Waiver.parse(text) == Waiver(code, subject)


@given(st.text(alphabet="abc.", min_size=1), st.text(min_size=1))
def test_a_waiver_reads_as_it_was_written(code, subject):
    waiver = Waiver(code, subject)
    assert Waiver.parse(str(waiver)) == waiver


@pytest.mark.parametrize(
    ("waiver", "covered"),
    [
        ("record.stale", True),
        ("record.stale:nova-compute@cmp1", True),
        ("record.stale:*@cmp1", True),
        ("record.stale:nova-compute@cmp[12]", True),
        ("record.stale:nova-compute@cmp2", False),
        ("record.stale:Nova-compute@cmp1", False),
        ("record.stal", False),
        ("record.*", False),
    ],
)
def test_what_a_waiver_covers(waiver, covered):
    assert Waiver.parse(waiver).covers(STALE) is covered


@given(st.text(min_size=1))
def test_a_subject_covers_itself_whatever_is_in_it(subject):
    finding = Finding("c", "error", subject, "m", "r")
    assert Waiver.parse(f"c:{subject}").covers(finding)


def test_only_errors_without_a_waiver_refuse():
    warning = Finding("record.down", "warning", "x", "m", "r")
    other = Finding("cell.unreachable", "error", "y", "m", "r")
    assert unwaived_errors([warning, STALE, other], [Waiver("record.stale")]) == (other,)


@given(st.permutations([STALE, STALE, *(Finding("a", s, "x", "m", "r") for s in ("info", "warning", "error"))]))
def test_findings_read_the_same_whoever_found_them_first(findings):
    assert [(f.severity, f.code) for f in in_order(findings)] == [
        ("error", "a"),
        ("error", "record.stale"),
        ("warning", "a"),
        ("info", "a"),
    ]


def test_a_finding_as_the_contract_has_it():
    assert set(STALE.document()) == {"code", "severity", "subject", "message", "resolution"}
