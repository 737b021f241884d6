"""What is read of a run to show it, and how a few steps of a large plan tell what the whole of it would."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journals import Ledger, an_office
from stairlift.model.errors import UsageError
from stairlift.model.run import Command, RunState, StepState
from stairlift.report.expected import could_be_slow
from stairlift.run import changes
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.wiring import archive as archives
from stairlift.wiring.archive import Archive, open_archive
from stairlift.wiring.config.settings import Settings

S = StepState
FLEET = a_rollout(4, actions=("drain", "upgrade"), window=2, budget=1)


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


@pytest.fixture
def later(monkeypatch):
    """The time, as the archive knows it: an hour after the ledger's first line."""
    monkeypatch.setattr(archives, "now", lambda: NOON + timedelta(hours=1))


class Spy:
    """Records that say what was read of them."""

    def __init__(self, records):
        self._records = records
        self.read: list[str] = []

    def __getattr__(self, name):
        self.read.append(name)
        return getattr(self._records, name)


def standing_of(ledger, *, attended=True):
    if not attended:
        return ledger.office.archive.standing(ledger.run)
    with ledger.office.store.hold(ledger.plan.cloud) as journal:
        journal.commit(ledger.run.id, ())
        return ledger.office.archive.standing(ledger.run)


def test_only_the_steps_that_are_shown_are_read(office):
    ledger = Ledger.begun(office, FLEET).does("cmp1-drain").starts("cmp1-upgrade")
    standing = standing_of(ledger)
    assert [s.id for s in standing.steps] == ["cmp1-upgrade"]
    assert [step.id for step in standing.plan.steps] == ["cmp1-upgrade"]
    assert standing.numbers == {S.DONE: 1, S.RUNNING: 1, S.PENDING: 6}
    assert standing.why == (), "it is at work"


def test_neither_the_plan_nor_all_steps_are_read_for_a_run_at_work(office):
    ledger = Ledger.begun(office, FLEET).starts("cmp1-drain")
    with office.store.hold("lab") as journal:
        journal.commit(ledger.run.id, ())
        spy = Spy(office.store)
        Archive(spy, lambda _: {}).standing(ledger.run)
    assert {"plan", "plan_head", "events"}.isdisjoint(spy.read)
    assert spy.read.count("steps") == 1


def test_every_step_where_they_are_wanted(office):
    ledger = Ledger.begun(office, FLEET).does("cmp1-drain")
    standing = office.archive.standing_of_all(ledger.run)
    assert [s.id for s in standing.steps] == [step.id for step in FLEET.steps]
    assert standing.plan == FLEET
    assert standing.numbers == office.archive.standing(ledger.run).numbers


@pytest.mark.usefixtures("later")
def test_a_step_that_takes_longer_than_its_like_is_slow(office):
    ledger = Ledger.begun(office, a_rollout(5, actions=("upgrade",), window=5)).starts("cmp4-upgrade")
    ledger.does("cmp1-upgrade", "cmp2-upgrade")
    assert standing_of(ledger).slow == {}, "two tell nothing"
    ledger.does("cmp3-upgrade")
    found = standing_of(ledger).slow["cmp4-upgrade"]
    assert (found.expected.of, found.expected.longest) == (3, timedelta(seconds=10))
    assert found.since == NOON + timedelta(seconds=30)


@pytest.mark.usefixtures("later")
def test_the_runs_before_tell_what_to_expect(office):
    plan = a_rollout(3, actions=("upgrade",), window=3)
    Ledger.begun(office, plan).does("cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade").rests(RunState.FAILED)
    again = Ledger.begun(office, plan, NOON + timedelta(minutes=5)).starts("cmp1-upgrade")
    assert standing_of(again).slow["cmp1-upgrade"].expected.of == 3


def test_what_has_just_begun_is_not_asked_about():
    assert not could_be_slow(NOON, NOON + timedelta(seconds=10))


SCENES = {
    "nothing has begun": lambda ledger: ledger,
    "the window is full": lambda ledger: ledger.starts("cmp1-drain").does("cmp2-drain").fails("cmp2-upgrade"),
    "behind a failure": lambda ledger: ledger.fails("cmp1-drain"),
    "verifying": lambda ledger: ledger.starts("cmp1-drain").ends("cmp1-drain", verify=True).fails("cmp2-drain"),
    "interrupted": lambda ledger: ledger.starts("cmp1-drain").ends("cmp1-drain", "unknown", "its machine died"),
    "paused": lambda ledger: ledger.does("cmp1-drain").rests(RunState.PAUSED, "lunch"),
}


@pytest.mark.parametrize("attended", [True, False])
@pytest.mark.parametrize("scene", SCENES)
def test_a_few_steps_tell_what_the_whole_plan_would(office, scene, attended):
    ledger = SCENES[scene](Ledger.begun(office, FLEET))
    standing = standing_of(ledger, attended=attended)
    assert standing.why
    with office.store.hold("lab") as journal:
        if attended:
            journal.commit(ledger.run.id, ())
        else:
            journal.close()
            office.store.usurp("lab")
        _, whole = office.archive.why(ledger.run, standing.why[0].step)
    assert standing.why == whole


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_near_a_step_tells_why_as_the_whole_plan_does(office, scene, monkeypatch):
    ledger = SCENES[scene](Ledger.begun(office, FLEET))
    asked = [step.id for step in FLEET.steps]
    whole = [office.archive.why(ledger.run, step)[1] for step in asked]
    monkeypatch.setattr("stairlift.wiring.hindrances._WHOLE", 1)
    laid_out = [office.archive.why(ledger.run, step, near=True) for step in asked]
    assert [why for _, why in laid_out] == whole


def test_of_many_steps_only_those_near_one_are_laid_out(office):
    hosts = [a_step(f"up{n}@{host}", needs=[f"up{n - 1}@{host}"] if n else []) for host in "ab" for n in range(1500)]
    ledger = Ledger.begun(office, a_plan(*hosts)).does("up0@a").fails("up1@a")
    standing, why = office.archive.why(ledger.run, "up3@a", near=True)
    assert [(hindrance.kind, hindrance.by) for hindrance in why][-1] == ("need", ("up2@a",))
    assert len(standing.steps) < 100
    assert sum(standing.numbers.values()) == len(hosts)


def test_what_is_behind_steps_that_were_left_out_is_not_next(office):
    ledger = Ledger.begun(office, a_plan(a_step("a"), *(a_step(y, needs=[x]) for x, y in ("ab", "bc", "cd")))).starts(
        "a"
    )
    for step in ("b", "c"):
        skip = Command(f"skip-{step}", ledger.run.id, "skip", step, "bob", "dead", NOON)
        office.store.tell(skip)
        ledger.writes(changes.commanded(ledger.status(step), skip, NOON))
    ledger.rests(RunState.PAUSED)
    why = standing_of(ledger, attended=False).why
    assert why == office.archive.why(ledger.run, "d")[1]
    assert [(hindrance.kind, hindrance.by) for hindrance in why][-1:] == [("need", ("c",))]


def test_a_last_step_that_needs_very_many(office):
    many = [a_step(f"up{n}") for n in range(400)]
    plan = a_plan(*many, a_step("contract", needs=[step.id for step in many]))
    ledger = Ledger.begun(office, plan)
    ledger.does("up0", "up1")
    first = standing_of(ledger).why[0]
    assert (first.step, first.kind) == ("up2", "next")


def test_a_command_that_nobody_has_acted_on_is_told(office):
    ledger = Ledger.begun(office, FLEET).fails("cmp1-drain")
    office.store.tell(Command("c1", ledger.run.id, "retry", "cmp1-drain", "bob", "mended", NOON))
    _, [nobody, failed] = office.archive.why(ledger.run, "cmp1-drain")
    assert nobody.commands == (f"stairlift resume {ledger.run.id}",)
    assert failed.commands == ()
    assert failed.said == "exit status 3; retry is on record"


def test_a_step_that_there_is_not(office):
    ledger = Ledger.begun(office, FLEET)
    with pytest.raises(UsageError) as wrong:
        office.archive.why(ledger.run, "cmp9-drain")
    assert (wrong.value.code, wrong.value.exit_code) == ("run.unknown_step", 2)


def test_an_orchestrator_of_another_run_is_none_of_ours(office):
    ledger = Ledger.begun(office, FLEET).rests(RunState.FAILED)
    other = Ledger.begun(office, FLEET, NOON + timedelta(hours=1))
    with office.store.hold("lab") as journal:
        journal.commit(other.run.id, ())
        standing = office.archive.standing(ledger.run)
        assert not standing.attended
        assert standing.why[-1].said == f"run {other.run.id} of the same cloud goes first"
        assert standing.why[-1].commands == ()
        assert office.archive.standing(other.run).attended


def test_a_database_that_only_the_whole_store_opens_is_made(tmp_path):
    settings = replace(Settings(state_dir=tmp_path / "state"), database_url=f"sqlite:///{tmp_path}/state/x.sqlite")
    opened = open_archive(settings)
    assert opened.records.runs() == ()
    opened = open_archive(settings)
    assert type(opened.records).__name__ == "LeanRecords"
    with pytest.raises(UsageError, match="no run yet"):
        opened.run(None)
