"""What a server keeps in mind of a run is what the journal has, whenever it is asked."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from journals import Ledger, an_office
from stairlift.drive.choices import choices
from stairlift.model.plan_document import from_document
from stairlift.testing.plans import a_binding, a_rollout
from stairlift.wiring.server import overviews
from stairlift.wiring.server.overviews import Overviews


class Counting:
    """The records, and how many steps were read from them."""

    def __init__(self, store) -> None:
        self.store, self.read, self.plans = store, 0, 0

    def __getattr__(self, name: str):
        return getattr(self.store, name)

    def each_plan_step(self, run_id: str):
        self.plans += 1
        return self.store.each_plan_step(run_id)

    def steps(self, *given, **named):
        found = self.store.steps(*given, **named)
        self.read += len(found)
        return found


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    plan = replace(a_rollout(20), bindings=(a_binding(can_undo=True),))
    return Ledger.begun(an_office(tmp_path), plan)


def test_it_says_what_the_journal_says(ledger, monkeypatch) -> None:
    monkeypatch.setattr(overviews, "_FEW", 12)
    store = ledger.office.store
    known = Overviews(store)
    for step in ledger.plan.steps[:9]:
        assert known.choices(ledger.run) == choices(store, ledger.run)
        ledger.does(step.id)
    ledger.does(*(step.id for step in ledger.plan.steps[9:30]))  # more than it reads one by one
    ledger.fails(ledger.plan.steps[30].id)
    assert known.choices(ledger.run) == choices(store, ledger.run)


def test_only_steps_that_have_moved_are_read_again(ledger) -> None:
    records = Counting(ledger.office.store)
    known = Overviews(records)
    known.judged(ledger.run)
    assert records.read == len(ledger.plan.steps)
    ledger.does(ledger.plan.steps[0].id)
    known.judged(ledger.run)
    known.judged(ledger.run)
    assert records.read == len(ledger.plan.steps) + 1


def test_whoever_asks_is_told_of_the_same_moment(ledger) -> None:
    known = Overviews(ledger.office.store)
    for step in ledger.plan.steps[:3]:
        ledger.does(step.id)
        fresh = Overviews(ledger.office.store)
        assert known.milestones(ledger.run) == fresh.milestones(ledger.run)
        assert known.hosts(ledger.run) == fresh.hosts(ledger.run)
        assert known.stand(ledger.run) == fresh.stand(ledger.run)
        assert list(known.stand(ledger.run).statuses.values()) == list(ledger.office.store.steps(ledger.run.id))


def test_a_plan_is_read_once_for_all_who_ask_at_the_same_time(ledger) -> None:
    records = Counting(ledger.office.store)
    known = Overviews(records)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, ledger.run) for ask in (known.milestones, known.hosts, known.judged, known.plan) * 4]
    plans = {id(one.result()) for one in asked[3::4]}
    assert len(plans) == 1
    assert known.plan(ledger.run) == from_document(ledger.office.store.plan(ledger.run.id))
    assert records.plans == 2, "once in outline, once whole"
    assert records.read == len(ledger.plan.steps)


def test_few_runs_are_kept_in_mind(tmp_path) -> None:
    office = an_office(tmp_path)
    runs = [Ledger.begun(office, a_rollout(n + 1, cloud=f"lab{n}")).run for n in range(6)]
    known = Overviews(office.store)
    for run in runs:
        assert known.plan(run).cloud == run.cloud
        known.milestones(run)
    for kept, keys in ((known._runs, [run.id for run in runs]), (known._plans, [run.plan_hash for run in runs])):
        assert [key in kept for key in keys] == [False] * 2 + [True] * 4
