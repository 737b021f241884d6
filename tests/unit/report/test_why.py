"""Why a step does not move, as people and programs read it."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from golden_text import assert_golden
from stairlift.model.hindrance import Hindrance, Kind
from stairlift.model.run import RunState, StepState
from stairlift.model.scope import Scope
from stairlift.report.status import status_lines
from stairlift.report.status_document import status_document
from stairlift.report.why import why_document, why_line, why_lines
from stairlift.run import Board, graph
from stairlift.run.orders import Circumstances
from stairlift.run.why import why
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from standings import a_run, a_standing, a_status

S = StepState
RUN = a_run(RunState.RUNNING)
AT_WORK = Circumstances(RUN, attended=True)
FLEET = a_rollout(4, actions=("drain", "upgrade"), window=2, budget=1)
ONE_WAY = a_plan(a_step("up@cmp1", hosts=["cmp1"]), a_step("contract@ctl1", needs=["up@cmp1"], one_way=True))
SERIAL = a_plan(a_step("kolla@ctl1"), a_step("kolla@cmp1"), bindings=[a_binding(concurrency="cloud")])


def told(plan, step, *statuses, around=AT_WORK):
    board = Board(graph(plan), statuses)
    board.confine(Scope.of(around.run))
    return "\n".join(why_lines(around.run, board.status(step), why(board, around, step), NOON)) + "\n"


WORKING = a_status("cmp1-upgrade", S.RUNNING), a_status("cmp1-drain", S.DONE)
SICK = a_status("cmp2-drain", S.FAILED, reason="exit status 3: no room")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("window", told(FLEET, "cmp3-upgrade", *WORKING, SICK)),
        ("failed", told(FLEET, "cmp2-drain", SICK)),
        ("approval", told(ONE_WAY, "contract@ctl1", a_status("up@cmp1", S.DONE), a_status("contract@ctl1", S.WAITING))),
        ("approval-ahead", told(ONE_WAY, "contract@ctl1", a_status("up@cmp1", S.VERIFYING))),
        ("alone", told(SERIAL, "kolla@cmp1", a_status("kolla@ctl1", S.RUNNING))),
        (
            "retrying",
            told(
                FLEET,
                "cmp1-drain",
                a_status("cmp1-drain", S.RETRYING, retries=1, worked_at=NOON, reason="the broker was away"),
            ),
        ),
        ("unattended", told(FLEET, "cmp2-drain", around=Circumstances(RUN, since=NOON - timedelta(hours=2)))),
        (
            "paused",
            told(
                FLEET,
                "cmp2-drain",
                around=Circumstances(a_run(RunState.PAUSED, reason="paused, as bob said: lunch"), since=NOON),
            ),
        ),
        (
            "budget",
            told(
                replace(FLEET, budgets={"plane:resource": 0}),
                "cmp3-drain",
                SICK,
                around=Circumstances(a_run(RunState.FAILED), since=NOON),
            ),
        ),
        ("stage", told(ONE_WAY, "up@cmp1", around=Circumstances(Scope(("control",)).on(RUN), attended=True))),
        ("plan", told(ONE_WAY, "up@cmp1", around=Circumstances(Scope(approved=False).on(a_run(RunState.WAITING))))),
        ("over", told(FLEET, "cmp3-drain", around=Circumstances(a_run(RunState.CANCELLED, ended_at=NOON)))),
        ("next", told(FLEET, "cmp1-drain")),
        ("done", told(FLEET, "cmp1-drain", a_status("cmp1-drain", S.DONE))),
    ],
)
def test_what_people_read(name, text):
    assert_golden(f"why/{name}.txt", text)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_can_be_said(kind):
    hindrance = Hindrance(kind, "a", ("b",), NOON - timedelta(minutes=2), None, "x", 1, ("h",), "y")
    assert len(why_line([hindrance], RUN, NOON)) > len("next: a ; whole: stairlift status 261122-abc123 --why a")
    assert ", for 2m 00s" in why_line([hindrance], RUN, NOON)


def test_a_line_tells_the_nearest_cause_and_the_root():
    root = Hindrance("failed", "db", said="no room", who="operator")
    line = why_line(
        [Hindrance("need", "c", ("b",), behind=(Hindrance("need", "b", ("db",), behind=(root,)),))], RUN, NOON
    )
    assert line == "next: c needs b: db is not well: no room; whole: stairlift status 261122-abc123 --why c"


def test_programs_get_the_same_tree():
    board = Board(graph(FLEET), [*WORKING, SICK])
    [window] = why_document(why(board, AT_WORK, "cmp3-drain"))
    assert (window["kind"], window["key"], window["hosts"]) == ("window", "plane:resource", ["cmp1", "cmp2"])
    assert window["by"] == ["cmp2-drain", "cmp1-upgrade"]
    assert [h["kind"] for h in window["behind"]] == ["failed", "working"]
    assert window["behind"][0]["commands"][0] == "stairlift retry 261122-abc123 cmp2-drain"
    assert window["since"] == "2026-05-04T11:58:45Z"


def test_status_says_it_in_a_line_where_somebody_orchestrates():
    board = Board(graph(FLEET), [*WORKING, SICK])
    standing = a_standing(RunState.RUNNING, {"cmp1-upgrade": S.RUNNING, "cmp3-drain": S.PENDING})
    found = why(board, AT_WORK, "cmp3-drain")
    from standings import HERE

    attended = replace(standing, orchestrator=HERE, why=found)
    [line] = [line for line in status_lines(attended, NOON) if line.startswith("  next: ")]
    assert "cmp3-drain waits for room in plane:resource: 2 of 2 out (cmp1, cmp2)" in line
    assert not any(line.startswith("  next: ") for line in status_lines(replace(standing, why=found), NOON))
    assert status_document(attended)["why"] == why_document(found)
