"""What is counted between two scrapes, and how seldom what takes long is done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from houses import a_house, a_run
from journals import Ledger, an_office
from stairlift.model.run import RunState
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.wiring.server import measuring
from stairlift.wiring.server.measuring import Measuring, of_each_cloud, remaining
from standings import a_run as run_in


def test_of_each_cloud_the_active_run_or_else_the_newest():
    runs = [
        run_in(RunState.FAILED, id="r3", cloud="lab"),
        run_in(RunState.PAUSED, id="r2", cloud="lab"),
        run_in(RunState.DONE, id="r1", cloud="prod"),
        run_in(RunState.DONE, id="r0", cloud="prod"),
    ]
    assert [run.id for run in of_each_cloud(runs)] == ["r2", "r1"]


def test_what_is_left_is_known_from_runs_before(tmp_path):
    office = an_office(tmp_path)
    plan = a_rollout(3, actions=("upgrade",))
    Ledger.begun(office, plan).does("cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade").rests(RunState.DONE)
    second = Ledger.begun(office, plan, NOON + timedelta(days=1))
    assert remaining(second.run, office.store).left(1) == timedelta(seconds=20)


def test_without_a_past_nothing_is_known(tmp_path):
    ledger = Ledger.begun(an_office(tmp_path), a_plan(a_step("cmp1")))
    assert remaining(ledger.run, ledger.office.store) is None


@pytest.mark.parametrize(("took", "again_after"), [(0.0, 60), (10.0, 500)])
def test_an_end_is_worked_out_as_seldom_as_it_takes(tmp_path, monkeypatch, took, again_after):
    house = a_house(tmp_path)
    a_run(house, a_rollout(2))
    time, asked = [1000.0], []

    def slowly(run, records):
        asked.append(run.id)
        time[0] += took

    monkeypatch.setattr(measuring, "monotonic", lambda: time[0])
    monkeypatch.setattr(measuring, "remaining", slowly)
    one = Measuring()

    def scraped() -> int:
        one.families(house.office.store, house.attendance, house.outbox, house.office.state_dir)
        return len(asked)

    assert scraped() == 1
    time[0] += again_after - 1
    assert scraped() == 1
    time[0] += 2
    assert scraped() == 2
    house.close()


def test_runs_that_nobody_asks_for_are_forgotten(tmp_path):
    house = a_house(tmp_path)
    first = a_run(house)
    one = Measuring()

    def scraped() -> None:
        one.families(house.office.store, house.attendance, house.outbox, house.office.state_dir)

    scraped()
    first.rests(RunState.FAILED)
    second = a_run(house, replace(a_rollout(1), cloud="lab"), at=NOON + timedelta(days=1))
    scraped()
    assert set(one._sought) == {second.run.id}
    house.close()
