"""What can be told to a run: offered exactly where it would be put on record.

That this is so in every life of a run is an invariant of tests/unit/drive/test_loop_machine.py.
"""

from dataclasses import replace

import pytest

from journals import Ledger, an_office
from stairlift.drive.choices import choices, choices_of_plan
from stairlift.drive.commands import tell
from stairlift.model.choice import Ask, Choices
from stairlift.model.run import Command, RunState
from stairlift.report.choices import choices_document, match, tag
from stairlift.run import changes
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step

GATE = a_step("gate", action="approve", stage="compute", services=[], hosts=[], strategy=None)


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.begun(an_office(tmp_path), a_rollout(2))


def of(ledger: Ledger) -> Choices:
    return choices(ledger.office.store, ledger.run)


def tells(ledger: Ledger, kind: str, step: str = "", **given) -> Command:
    command = Command(f"{kind}-{step}", ledger.run.id, kind, step, "ada", "because", ledger.at, **given)
    return tell(ledger.office.store, ledger.plan, command)


def test_a_run_under_way_can_be_paused_and_a_paused_one_resumed(ledger) -> None:
    going = of(ledger)
    assert going.choice("pause").allowed
    assert going.choice("cancel", now=True).allowed
    at_rest = of(ledger.rests(RunState.PAUSED, "told so"))
    assert at_rest.choice("pause").why_not == f"run {ledger.run.id} is paused already"
    assert at_rest.choice("resume").allowed


def test_nobody_resumes_what_somebody_carries_on_or_what_is_over(ledger) -> None:
    with ledger.office.store.hold(ledger.plan.cloud) as journal:
        journal.renew()
        assert "carries it on already" in of(ledger).choice("resume").why_not
    assert of(ledger).choice("resume").allowed
    assert of(ledger.rests(RunState.CANCELLED)).choice("resume").why_not.endswith("it is cancelled")


def test_what_failed_is_retried_or_skipped_with_a_reason(ledger) -> None:
    step = ledger.plan.steps[0].id
    found = of(ledger.fails(step))
    assert found.choice("retry", step).allowed
    assert found.choice("retry", step).needs == ()
    assert found.choice("skip", step).needs == ("reason",)


def test_what_is_on_record_is_told(ledger) -> None:
    tells(ledger, "pause")
    told = of(ledger).choice("pause").told
    assert told is not None
    assert told.actor == "ada"


def test_a_gate_that_waits_is_an_approval_and_cannot_be_skipped(tmp_path) -> None:
    ledger = Ledger.begun(an_office(tmp_path), a_plan(GATE))
    ledger.writes(changes.asked(ledger.status("gate"), ledger.at, evidence=("all hosts report",)))
    found = of(ledger)
    assert found.approval("gate") == Ask("gate", GATE.reason, GATE.reason, evidence=("all hosts report",))
    assert found.choice("skip", "gate").why_not == "step gate cannot be skipped: it is for a person to approve"


def test_what_was_found_is_read_once_for_all_that_wait(ledger, monkeypatch) -> None:
    """The events of a large run are many: to read them for each step that waits would take minutes."""
    one, other = (step.id for step in ledger.plan.steps[:2])
    ledger.writes(changes.asked(ledger.status(one), ledger.at, evidence=("old",)))
    ledger.writes(changes.asked(ledger.status(other), ledger.at, evidence=("theirs",)))
    ledger.writes(changes.agreed(ledger.status(one), "all", ledger.at, plan=ledger.plan.hash, actor="ada"))
    ledger.writes(changes.asked(ledger.status(one), ledger.at, evidence=("new",)))
    real, asked = ledger.office.store.events, []
    monkeypatch.setattr(
        ledger.office.store, "events", lambda *which, **given: asked.append(given) or real(*which, **given)
    )
    found = of(ledger)
    assert (found.approval(one).evidence, found.approval(other).evidence) == (("new",), ("theirs",))
    assert len(asked) == 1


def test_a_plan_that_nobody_approved_is_asked_about(ledger) -> None:
    options = {**ledger.run.options, "stages": [], "approved": False, "stop_after": ""}
    run = replace(ledger.run, options=options)
    found = choices(ledger.office.store, run)
    assert [a.step for a in found.approvals] == [run.plan_hash]
    assert found.approvals[0].allowed
    of_plan = choices_of_plan(ledger.office.store, run)
    assert of_plan.approval(run.plan_hash) == found.approval(run.plan_hash)
    assert match(of_plan, run.plan_hash) == match(found, run.plan_hash)


def test_only_stages_that_are_not_left_behind_are_offered(tmp_path) -> None:
    steps = a_step("ctl1", stage="control"), a_step("cmp1", stage="compute"), a_step("cmp2", stage="compute")
    ledger = Ledger.begun(an_office(tmp_path), a_plan(*steps))
    assert "control" in of(ledger).choice("stop-after").stages
    assert of(ledger.does("ctl1", "cmp1")).choice("stop-after").stages == ("compute", "finish")


# What whoever acts has seen must still be so


def test_progress_alone_changes_nothing_for_whoever_is_about_to_act(tmp_path) -> None:
    plan = replace(a_rollout(2), bindings=(a_binding(can_undo=True),))
    ledger = Ledger.begun(an_office(tmp_path), plan).does(plan.steps[0].id)
    before = tag(of(ledger)), match(of(ledger), "")
    for step in ledger.plan.steps[1:4]:
        ledger.does(step.id)
        assert (tag(of(ledger)), match(of(ledger), "")) == before


def test_that_a_way_back_is_gone_hinders_nobody_from_pausing(ledger) -> None:
    before = of(ledger)
    after = of(ledger.does(ledger.plan.steps[0].id))
    assert before.choice("rollback").allowed
    assert not after.choice("rollback").allowed
    assert match(before, "") == match(after, "")
    assert tag(before) != tag(after)


def test_what_somebody_else_said_meanwhile_is_noticed(ledger) -> None:
    before = match(of(ledger), "")
    tells(ledger, "pause")
    assert match(of(ledger), "") != before


def test_a_step_that_fails_is_nothing_to_who_is_about_to_pause(ledger) -> None:
    first, second = (step.id for step in ledger.plan.steps[:2])
    found = of(ledger.fails(first))
    later = of(ledger.fails(second))
    assert match(found, "") == match(later, "")
    assert match(found, first) == match(later, first)
    assert match(found, second) != match(later, second)
    assert tag(found) != tag(later)


def test_a_word_about_one_step_is_nothing_to_another(ledger) -> None:
    first, second = (step.id for step in ledger.plan.steps[:2])
    before = of(ledger.fails(first).fails(second))
    tells(ledger, "retry", first)
    assert match(of(ledger), second) == match(before, second)
    assert match(of(ledger), first) != match(before, first)


def test_the_document_says_all_of_it(ledger) -> None:
    step = ledger.plan.steps[0].id
    ledger.fails(step)
    tells(ledger, "retry", step)
    document = choices_document(of(ledger))
    retry = next(a for a in document["actions"] if a["action"] == "retry")
    assert (retry["step"], retry["allowed"], retry["why_not"], retry["needs"]) == (step, True, "", [])
    assert retry["told"]["actor"] == "ada"
    assert retry["match"] == match(of(ledger), step)
    assert document["state"] == "running"
    assert document["approvals"] == []


def test_a_binding_that_cannot_undo_says_so_before_anybody_asks(tmp_path) -> None:
    plan = a_plan(a_step("cmp1", strategy="helpless"), bindings=[a_binding("helpless")])
    ledger = Ledger.begun(an_office(tmp_path), plan)
    assert of(ledger).choice("rollback").allowed
    assert "helpless cannot undo what was begun" in of(ledger.does("cmp1")).choice("rollback").why_not
