"""What a server keeps in mind of a run is what the journal has, whenever it is asked."""

from dataclasses import replace

import pytest

from journals import Ledger, an_office
from stairlift.drive.choices import choices
from stairlift.testing.plans import a_binding, a_rollout
from stairlift.wiring import overviews
from stairlift.wiring.overviews import Overviews


class Counting:
    """The records, and how many steps were read from them."""

    def __init__(self, store) -> None:
        self.store, self.read = store, 0

    def __getattr__(self, name: str):
        return getattr(self.store, name)

    def steps(self, *given, **named):
        found = self.store.steps(*given, **named)
        self.read += len(found)
        return found


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    plan = replace(a_rollout(20), bindings=(a_binding(can_undo=True),))
    return Ledger.begun(an_office(tmp_path), plan)


def test_it_says_what_the_journal_says(ledger, monkeypatch) -> None:
    monkeypatch.setattr(overviews, "_FEW", 5)
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
    known.outline(ledger.run)
    assert records.read == len(ledger.plan.steps)
    ledger.does(ledger.plan.steps[0].id)
    known.outline(ledger.run)
    known.outline(ledger.run)
    assert records.read == len(ledger.plan.steps) + 1


def test_few_runs_are_kept_in_mind(tmp_path) -> None:
    office = an_office(tmp_path)
    runs = [Ledger.begun(office, a_rollout(1, cloud=f"lab{n}")).run for n in range(6)]
    known = Overviews(office.store)
    for run in runs:
        assert known.plan(run).cloud == run.cloud
    assert list(known._known) == [run.id for run in runs[2:]]
