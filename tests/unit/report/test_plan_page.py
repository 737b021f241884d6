"""A plan on a page: its numbers and marks, and its steps a page at a time."""

from dataclasses import replace

from flights import a_flight
from stairlift.model.finding import Finding, Waiver
from stairlift.report.plan_page import STEPS, rows, sheet
from stairlift.testing.plans import a_plan, a_step


def test_its_numbers_and_marks():
    found = sheet(a_flight(4))
    assert (found.hosts, found.one_way, found.stops) == (9, ("2026.1-nova-contract",), 23)
    assert [(stage, number) for _, stage, number in found.stages] == [
        ("prepare", 1),
        ("control", 4),
        ("network", 2),
        ("compute", 16),
        ("finish", 1),
    ]


def test_findings_carry_who_answers_for_them_and_those_nobody_does_refuse():
    waived = Finding("a.b", "error", "x", "wrong", "mend it")
    open_one = Finding("c.d", "error", "y", "wrong as well", "mend it")
    plan = replace(a_plan(a_step("s")), findings=(waived, open_one), waivers=(Waiver("a.b", who="eve", why="known"),))
    found = sheet(plan)
    assert [(one.finding.code, one.waiver and one.waiver.who) for one in found.findings] == [
        ("a.b", "eve"),
        ("c.d", None),
    ]
    assert found.refused == 1


def test_steps_come_a_page_at_a_time_and_none_is_lost():
    plan = a_plan(*(a_step(f"s{n}") for n in range(STEPS + 7)))
    (first, total), (second, _) = rows(plan, "", "compute", "", page=1), rows(plan, "", "compute", "", page=2)
    assert (len(first), len(second), total) == (STEPS, 7, STEPS + 7)
    assert [row.id for row in (*first, *second)] == [step.id for step in plan.steps]


def test_the_steps_of_a_host_with_reason_and_mark():
    found, total = rows(a_flight(2), "", "", "cmp001")
    assert total == 4
    assert (found[0].action, found[0].mark) == ("cordon", "safe to stop here")
    assert found[0].reason == "no new servers while its nova-compute restarts"


def test_a_step_without_a_strategy_is_counted():
    assert sheet(a_plan(a_step("s", strategy=None))).bare == 1
