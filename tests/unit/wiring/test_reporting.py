"""Reports are made from what is on record: estimates from runs before, never from the run that is reported on."""

from datetime import timedelta

from journals import Ledger, an_office
from stairlift.model.run import RunState
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout
from stairlift.wiring.reporting import account_of, estimated, past_of, rendered, report_of_plan

PLAN = a_rollout(3, actions=("upgrade",))
STEPS = ("cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade")


def test_a_first_run_has_no_estimate_and_a_second_one_has_that_of_the_first(tmp_path):
    office = an_office(tmp_path)
    first = Ledger.begun(office, PLAN).does(*STEPS).rests(RunState.DONE)
    second = Ledger.begun(office, PLAN, NOON + timedelta(days=1)).does(*STEPS).rests(RunState.DONE)
    assert estimated(PLAN, past_of(PLAN.cloud, office.store, first.run)).whole is None
    assert estimated(PLAN, past_of(PLAN.cloud, office.store, second.run)).whole.p50 == 30
    assert estimated(PLAN, past_of(PLAN.cloud, office.store)).known.of == 6


def test_a_plan_is_reported_with_what_is_on_record_of_its_cloud(tmp_path):
    office = an_office(tmp_path)
    Ledger.begun(office, PLAN).does(*STEPS).rests(RunState.DONE)
    assert b"30s (p50), 30s (p90)" in rendered(report_of_plan(PLAN, office.store), "md")


def test_of_the_events_only_those_are_read_that_are_told(tmp_path):
    ledger = Ledger.begun(an_office(tmp_path), PLAN).does(*STEPS).rests(RunState.DONE)
    account = account_of(ledger.run, ledger.office.store, tmp_path)
    assert [event.kind for event in account.events] == ["run.created", "run.started", "run.done"]
    assert len(account.attempts) == 3
