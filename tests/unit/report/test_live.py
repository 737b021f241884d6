"""The five lines: what is said in each, for runs that go, wait, fail, and are blocked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stairlift.model.availability import METER, Totals
from stairlift.model.hindrance import Hindrance
from stairlift.model.run import Orchestrator, Run, RunState, StepState, StepStatus
from stairlift.report.live import Coming, as_lines, live_rows
from stairlift.report.screen import screen
from stairlift.report.status import Standing
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step

PLAN = a_plan(*(a_step(f"s{n}", hosts=(f"cmp{n}",)) for n in range(1, 5)), a_step("s5", one_way=True))
NOW = NOON + timedelta(minutes=2)
RUN = Run("r1", "lab", "hash", "2025.1", "2026.1", RunState.RUNNING, NOON, started_at=NOON)


def standing(state=RunState.RUNNING, steps=None, **given):
    states = {"s1": StepState.DONE, "s2": StepState.RUNNING} if steps is None else steps
    statuses = [
        StepStatus(step.id, states.get(step.id, StepState.PENDING), 1, started_at=NOON, ended_at=NOON)
        for step in PLAN.steps
    ]
    orchestrator = given.pop("orchestrator", Orchestrator("lab", "here", 4711, "r1"))
    return Standing(replace(RUN, state=state), PLAN, statuses, orchestrator, **given)


def rows(found, coming=None):
    coming = coming or Coming(PLAN.steps[2])
    return {row.label: row for row in live_rows(screen(found, (), NOW, None), found, coming, NOW)}


def test_a_run_that_goes():
    found = standing(doing={"s2": "restart nova-compute"})
    told = live_rows(screen(found, (), NOW, None), found, Coming(PLAN.steps[2], NOW + timedelta(minutes=8)), NOW)
    assert as_lines(told) == (
        "now      ▶ running · Upgrading nova-compute on cmp2, for 2m 00s: restart nova-compute",
        "next     s3 (upgrade on cmp3)",
        "blocked  by nothing",
        "users    nobody measures what they feel",
        "end      1 of 5 steps done (20 %), 2m 00s so far, about 8m 00s left (until 12:10:00Z)",
    )


def test_what_failed_comes_before_what_waits():
    failed = standing(RunState.FAILED, {"s1": StepState.FAILED})
    row = rows(replace(failed, steps=[replace(s, reason="no room") for s in failed.steps]))["blocked"]
    assert row.text == "✘ failed: s1: no room; see: stairlift logs r1 --step s1"
    assert row.tone == "bad"


def test_the_root_of_what_blocks_it_with_what_to_type():
    root = Hindrance(step="s5", kind="approval", who="approver", commands=("stairlift approve r1 s5",))
    why = (Hindrance(step="s3", kind="need", by=("s5",), behind=(root,)),)
    row = rows(standing(RunState.WAITING, {"s5": StepState.WAITING}, why=why))["blocked"]
    assert row.text.startswith("s5 ")
    assert row.text.endswith("; type: stairlift approve r1 s5")
    assert row.tone == "ask"


def test_what_is_for_afterwards_does_not_hide_what_is_to_be_typed_now():
    why = (
        Hindrance(step="s5", kind="approval", who="approver", commands=("stairlift approve r1 s5",)),
        Hindrance(step="s5", kind="unattended", who="operator", commands=("stairlift resume r1",)),
    )
    row = rows(standing(RunState.WAITING, {"s5": StepState.WAITING}, why=why, orchestrator=None))["blocked"]
    assert row.text.endswith("; type: stairlift approve r1 s5")


@pytest.mark.parametrize(("failed", "tone"), [(0, "good"), (3, "bad")])
def test_what_users_feel(failed, tone):
    found = standing(meter=Totals(NOW.timestamp(), {"nova": 100}, {"nova": failed}))
    found = replace(found, run=replace(found.run, options={METER: {}}))
    row = rows(found)["users"]
    assert row.tone == tone
    assert "100 requests of users" in row.text


def test_a_one_way_step_that_comes_next_is_called_so():
    assert rows(standing(), Coming(PLAN.steps[4]))["next"].text.startswith("ONE-WAY s5")
    assert rows(standing(), Coming())["next"].text == "nothing is left to begin"


def test_every_state_of_a_run_fits_in_five_lines():
    for state in RunState:
        found = standing(state)
        assert len(live_rows(screen(found, (), NOW, None), found, Coming(), NOW)) == 5
