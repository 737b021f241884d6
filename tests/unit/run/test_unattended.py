"""What a run needs of whoever finds it alone: all states, by what it was told."""

import pytest

from stairlift.model.run import FINAL_RUN_STATES, RunState
from stairlift.run.unattended import need_of
from standings import a_run

R = RunState


@pytest.mark.parametrize("state", [R.PENDING, R.RUNNING, R.ROLLING_BACK])
def test_a_run_under_way_is_carried_on(state):
    assert need_of(a_run(state), ()) == "go on"
    assert need_of(a_run(state), {"approve", "stop-after"}) == "go on"


@pytest.mark.parametrize("state", [R.PENDING, R.RUNNING, R.ROLLING_BACK])
@pytest.mark.parametrize("told", ["pause", "cancel"])
def test_one_that_was_told_to_stop_is_brought_to_rest(state, told):
    assert need_of(a_run(state), {told, "approve"}) == "rest"


def test_a_cancel_that_was_taken_up_holds():
    assert need_of(a_run(R.RUNNING, intent="cancel"), ()) == "rest"
    assert need_of(a_run(R.PAUSED, intent="cancel"), ()) is None


@pytest.mark.parametrize("state", [R.WAITING, R.FAILED])
def test_one_that_waits_for_a_person_is_left_alone_until_one_answers(state):
    assert need_of(a_run(state), ()) is None
    for told in ("approve", "retry", "skip"):
        assert need_of(a_run(state), {told}) == "go on"


def test_a_paused_one_is_taken_up_by_a_person_alone():
    assert need_of(a_run(R.PAUSED), ()) is None
    assert need_of(a_run(R.PAUSED), {"approve", "retry", "skip"}) is None


@pytest.mark.parametrize("state", [R.PAUSED, R.WAITING, R.FAILED])
def test_what_needs_nobody_but_the_journal_is_seen_to_at_once(state):
    assert need_of(a_run(state), {"stop-after"}) == "rest"
    assert need_of(a_run(state), {"cancel"}) == "rest"


@pytest.mark.parametrize("state", [R.RUNNING, R.WAITING, R.PAUSED, R.FAILED])
def test_one_that_is_to_be_taken_back_is_carried_on(state):
    assert need_of(a_run(state), {"rollback"}) == "go on"


@pytest.mark.parametrize("state", sorted(FINAL_RUN_STATES))
def test_nothing_is_done_about_one_that_is_over(state):
    assert need_of(a_run(state, intent="cancel"), {"cancel", "rollback", "retry"}) is None
