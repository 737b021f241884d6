"""What is told of which events."""

from datetime import timedelta

import pytest

from stairlift.model.notice import ENDS, KINDS
from stairlift.model.run import Event, Run, RunState, StepState
from stairlift.report.notice import Scene, body_of, cloud_event, notices_of, reminder_of, trial_of
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_step

RUN = Run("r1", "lab", "hash", "2025.1", "2026.1", RunState.RUNNING, NOON)
STEPS = {f"s{n}": a_step(f"s{n}", hosts=(f"cmp{n}",)) for n in range(1, 31)}
SCENE = Scene(RUN, STEPS, {StepState.DONE: 12, StepState.FAILED: 1, StepState.PENDING: 27})


def events(*told):
    """(kind, step, reason), numbered from 1."""
    made = []
    for seq, (kind, *rest) in enumerate(told, 1):
        step, reason = (*rest, None, "")[:2]
        made.append(Event("r1", seq, NOON, kind, step, 1 if step else None, {"reason": reason} if reason else {}))
    return made


def told(*given, scene=SCENE):
    return list(notices_of(scene, events(*given)))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("run.started", "started"),
        ("run.resumed", "resumed"),
        ("run.paused", "paused"),
        ("run.waiting", "approval_requested"),
        ("run.done", "finished"),
        ("run.failed", "failed"),
        ("run.cancelled", "cancelled"),
        ("run.rolled-back", "rolled_back"),
    ],
)
def test_of_a_run(event, kind):
    [one] = told((event,))
    assert (one.kind, one.id, one.at) == (kind, "1", NOON)
    assert one.content["title"].startswith("lab: ")


def test_of_a_step():
    [one] = told(("step.failed", "s7", "exit status 3"))
    assert one.kind == "step_failed"
    assert one.content["title"] == "lab: s7 failed"
    assert one.content["steps"] == [
        {
            "id": "s7",
            "action": "upgrade",
            "hosts": ["cmp7"],
            "one_way": False,
            "state": "failed",
            "reason": "exit status 3",
        }
    ]
    assert body_of(one) == "s7 on cmp7: exit status 3\n12 of 40 steps done, 1 failed\n$ stairlift logs r1 --step s7"


def test_every_kind_is_told_of_some_event():
    every = ("run.started", "run.resumed", "step.waiting", "step.failed", "run.paused", "run.done", "run.failed")
    made = told(*((kind, "s1" if kind.startswith("step") else None) for kind in every), ("run.cancelled",))
    assert {one.kind for one in [*made, *told(("run.rolled-back",))]} == set(KINDS)
    assert set(KINDS) > ENDS


@pytest.mark.parametrize("kind", ["step.started", "step.done", "run.created", "run.held", "command.refused"])
def test_what_is_of_no_interest(kind):
    assert told((kind, "s1")) == []


def test_steps_that_fail_side_by_side_make_one():
    [one] = told(*(("step.failed", f"s{n}", "no room") for n in range(1, 26)))
    assert (one.id, one.content["title"]) == ("25", "lab: 25 steps failed")
    assert len(one.content["steps"]) == 10
    assert "... and 15 more" in body_of(one)


def test_what_happens_in_between_parts_them():
    made = told(("step.waiting", "s1"), ("step.waiting", "s2"), ("run.paused",), ("step.waiting", "s3"))
    assert [(one.kind, one.id) for one in made] == [
        ("approval_requested", "2"),
        ("paused", "3"),
        ("approval_requested", "4"),
    ]


def test_words_about_a_run_are_each_their_own():
    assert [one.id for one in told(("run.resumed",), ("run.resumed",))] == ["1", "2"]


def test_approvals_come_with_what_to_type():
    one_way = Scene(RUN, {"s1": a_step("s1", one_way=True)})
    [one] = told(("step.waiting", "s1"), scene=one_way)
    assert body_of(one) == "ONE-WAY s1 on s1: a test asked for it\n$ stairlift approve r1 s1"
    assert one.content["state"] == "waiting"


def test_a_step_that_nobody_knows():
    [one] = told(("step.failed", "s99", "gone"))
    assert body_of(one).startswith("s99: gone\n")


def test_a_reminder_is_a_notice_of_its_own():
    [one] = told(("step.waiting", "s1"))
    again = reminder_of(one, 1)
    assert (again.id, again.kind, again.content["reminder"]) == ("1.1", one.kind, True)
    assert again.content["title"] == "still: lab: s1 waits for approval"
    assert cloud_event(again)["id"] != cloud_event(one)["id"]


def test_a_trial_is_about_no_run():
    event = cloud_event(trial_of("ops", NOON))
    assert (event["type"], event["source"]) == ("io.stairlift.test", "/v1/notices")
    assert "subject" not in event, "CloudEvents has none, or one that is not empty"
    later = cloud_event(trial_of("ops", NOON + timedelta(seconds=1)))
    assert later["id"] != event["id"], "source and id together never come twice"


def test_a_text_of_its_own_comes_instead():
    [one] = told(("run.started",))
    one.content["text"] = "We upgrade tonight."
    assert body_of(one) == "We upgrade tonight."
