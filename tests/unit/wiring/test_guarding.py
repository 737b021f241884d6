"""Who may start a deployer by hand, and who must wait for a run."""

import pytest

from journals import Ledger
from stairlift.model.errors import Refusal
from stairlift.model.run import RunState
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.guarding import demand_rest
from stairlift.wiring.office import open_office

PLAN = a_plan(a_step("a"), a_step("b"))
OTHER = a_plan(a_step("a"), cloud="other")


@pytest.fixture
def settings(tmp_path):
    return read_settings({"HOME": str(tmp_path), "STAIRLIFT_STATE_DIR": str(tmp_path / "state")}, tmp_path, tmp_path)


def attempt(ledger, step, number="1"):
    """What a strategy's process sees."""
    return {"STAIRLIFT_RUN": ledger.run.id, "STAIRLIFT_STEP": step, "STAIRLIFT_ATTEMPT": number}


def begun(settings, plan=PLAN):
    return Ledger.begun(open_office(settings), plan)


def held(settings, cloud, environ) -> str:
    """The code of the refusal, if there is one."""
    try:
        demand_rest(settings, cloud, environ)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_without_a_journal_everything_goes_and_none_is_made(settings):
    demand_rest(settings, None, {})
    assert not settings.state_dir.exists()


def test_a_run_that_moves_holds_its_cloud_though_its_orchestrator_is_gone(settings):
    run = begun(settings).run
    with pytest.raises(Refusal) as refused:
        demand_rest(settings, None, {})
    assert refused.value.code == "guard.busy"
    assert run.id in refused.value.brief
    assert f"stairlift resume {run.id}" in refused.value.resolution


def test_an_orchestrator_holds_its_cloud_whatever_its_run_does(settings):
    ledger = begun(settings).rests(RunState.PAUSED)
    with ledger.office.store.hold("lab"), pytest.raises(Refusal, match="orchestrates it"):
        demand_rest(settings, "lab", {})
    demand_rest(settings, "lab", {})


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.FAILED, RunState.WAITING, RunState.DONE])
def test_a_run_at_rest_holds_nothing(settings, state):
    ledger = begun(settings).does("a")
    assert held(settings, None, {}) == "guard.busy"
    ledger.rests(state)
    assert held(settings, None, {}) == ""


def test_what_a_paused_run_has_begun_must_come_to_its_end_first(settings):
    ledger = begun(settings).starts("a").rests(RunState.PAUSED)
    with pytest.raises(Refusal, match="1 of its steps"):
        demand_rest(settings, None, {})
    ledger.ends("a")
    demand_rest(settings, None, {})


def test_only_the_cloud_that_is_named_counts(settings):
    begun(settings)
    demand_rest(settings, "other", {})
    with pytest.raises(Refusal):
        demand_rest(settings, "lab", {})


def test_what_a_run_starts_itself_goes_through(settings):
    ledger = begun(settings).starts("a")
    with ledger.office.store.hold("lab"):
        assert held(settings, "lab", {}) == "guard.busy"
        assert held(settings, "lab", attempt(ledger, "a")) == ""


@pytest.mark.parametrize("leftover", [{"number": "2"}, {"step": "b"}])
def test_an_environment_that_only_looks_like_an_attempts_does_not(settings, leftover):
    ledger = begun(settings).starts("a")
    with pytest.raises(Refusal):
        demand_rest(settings, None, attempt(ledger, **{"step": "a", **leftover}))


def test_an_attempt_that_has_ended_opens_nothing(settings):
    ledger = begun(settings).does("a")
    with pytest.raises(Refusal):
        demand_rest(settings, None, attempt(ledger, "a"))


def test_an_attempt_of_one_cloud_opens_no_other(settings):
    own = begun(settings).starts("a")
    begun(settings, OTHER)
    demand_rest(settings, "lab", attempt(own, "a"))
    with pytest.raises(Refusal, match="other"):
        demand_rest(settings, None, attempt(own, "a"))
