"""What every ports.Store promises. Subclass it as a pytest class and give it the fixture `reopen`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest

from stairlift.model.effect import Effect, EffectState
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import (
    Attempt,
    AttemptId,
    Change,
    Command,
    EndedAttempt,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.ports import Journal, Store

NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)
STEPS = ("zebra", "ant", "mule")
#: The sort of the first two.
UPGRADE = "upgrade nova-compute command"


def a_run(run_id: str = "r1", *, cloud: str = "lab", at: datetime = NOON) -> Run:
    """A run that was recorded and not begun."""
    return Run(
        run_id,
        cloud,
        f"hash-{run_id}",
        "2025.1",
        "2026.1",
        RunState.PENDING,
        at,
        actor="ann",
        options={"n": 1},
    )


def a_plan_document(run: Run, steps: Sequence[str] = STEPS) -> dict[str, Any]:
    """A plan of upgrades, the last of which is another sort of step."""
    alike = [{"id": step, "action": "upgrade", "services": ["nova-compute"], "strategy": "command"} for step in steps]
    return {"hash": run.plan_hash, "steps": [*alike[:-1], {**alike[-1], "action": "drain"}], "windows": {"a": 1}}


def placed(document: dict[str, Any]) -> dict[str, Any]:
    """The same plan with stages and hosts: the first step on a control node, the others on two hypervisors."""
    first, *others = document["steps"]
    where = {"stage": "compute", "hosts": ["cmp1", 'c"%_\\ü']}
    return document | {"steps": [first | {"stage": "control", "hosts": ["ctl1"]}, *(step | where for step in others)]}


def created(journal: Journal, run: Run | None = None, steps: Sequence[str] = STEPS) -> Run:
    """A run on record with a small plan."""
    run = run or a_run()
    return journal.create_run(run, a_plan_document(run, steps), steps)


def started(run: str, step: str, number: int = 1, at: datetime = NOON) -> Change:
    """An attempt begins."""
    status = StepStatus(step, StepState.RUNNING, number, started_at=at)
    attempt = Attempt(AttemptId(run, step, number), at)
    return Change("step.started", at, step=status, was=StepState.PENDING, attempt=attempt)


def ended(begun: Change, state: StepState, at: datetime) -> Change:
    """That attempt comes to its end."""
    assert begun.step is not None and begun.attempt is not None
    status = replace(begun.step, state=state, worked_at=at, ended_at=at, reason="so it was")
    attempt = replace(begun.attempt, ended_at=at, result="done", returncode=0, facts={"version": "32"})
    return Change(f"step.{state}", at, step=status, was=StepState.RUNNING, attempt=attempt, data={"müde": ["ja"]})


def reported(begun: Change, after: int) -> Change:
    """The step is done: a second's work, and its services have reported so many seconds after its beginning."""
    worked = ended(begun, StepState.DONE, begun.at + timedelta(seconds=1))
    assert worked.step is not None
    return replace(worked, step=replace(worked.step, ended_at=begun.at + timedelta(seconds=after)))


def a_command(run: str = "r1", command_id: str = "c1") -> Command:
    """A person wants a step again."""
    return Command(command_id, run, "retry", "ant", "bob", "disk swapped", NOON)


def an_effect(subject: str = "cmp1", state: EffectState = "intended", *, at: datetime = NOON) -> Effect:
    """A nova-compute that is about to be disabled."""
    return Effect(f"cordon:{subject}", "cordon", subject, f"cordon-{subject}", "nova", state, at, {"id": [7, "ü"]})


def ids(statuses: Sequence[StepStatus]) -> list[str]:
    """The steps that these are about."""
    return [status.id for status in statuses]


def seconds(lengths: Sequence[timedelta]) -> list[float]:
    """Lengths of time as numbers."""
    return [length.total_seconds() for length in lengths]


class StoreContract:
    """The suite. `reopen()` gives the store as one more process would see it; called twice, both see the same."""

    @pytest.fixture
    def reopen(self) -> Callable[[], Store]:
        """To be given by whoever runs the suite."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, reopen: Callable[[], Store]) -> Store:
        """One view of an empty store."""
        return reopen()

    def test_a_run_takes_the_place_of_another_in_one_go(self, store: Store, reopen: Callable[[], Store]) -> None:
        """What that has settled is settled from the beginning; the old one ends as it is said."""
        ant = StepStatus("ant", StepState.DONE, started_at=NOON, ended_at=NOON, reason="done in run r1")
        carried = Change("step.carried", NOON, step=ant, was=StepState.PENDING, data={"run": "r1"})
        with store.hold("lab") as journal:
            old = created(journal)
            over = Change("run.cancelled", NOON, run=replace(old, state=RunState.CANCELLED, reason="by r2"))
            new = a_run("r2")
            journal.create_run(new, a_plan_document(new), STEPS, carried=[carried], replaced=("r1", [over]))
            journal.commit("r2", [started("r2", "mule")])
        other = reopen()
        assert (other.run("r1").state, other.run("r1").reason) == (RunState.CANCELLED, "by r2")
        assert [event.kind for event in other.events("r1")] == ["run.created", "run.cancelled"]
        events = [(event.seq, event.kind, event.step) for event in other.events("r2")]
        assert events == [(1, "run.created", None), (2, "step.carried", "ant"), (3, "step.started", "mule")]
        assert other.events("r2")[0].data["replaces"] == "r1"
        assert ant in other.steps("r2")

    def test_neither_is_on_record_where_one_of_them_cannot_be(self, store: Store) -> None:
        """What is carried over must be a step of the new run."""
        stranger = Change("step.carried", NOON, step=StepStatus("ant", StepState.DONE), was=StepState.FAILED)
        with store.hold("lab") as journal:
            old = created(journal)
            over = Change("run.cancelled", NOON, run=replace(old, state=RunState.CANCELLED))
            new = a_run("r2")
            with pytest.raises(StairliftError) as refused:
                journal.create_run(new, a_plan_document(new), STEPS, carried=[stranger], replaced=("r1", [over]))
            assert refused.value.code == "store.conflict"
        assert store.run("r1").state is RunState.PENDING
        assert [run.id for run in store.runs()] == ["r1"]

    def test_a_run_with_a_step_in_flight_is_not_replaced(self, store: Store) -> None:
        """Its attempt would be nobody's."""
        with store.hold("lab") as journal:
            old = created(journal)
            journal.commit("r1", [started("r1", "ant")])
            over = Change("run.cancelled", NOON, run=replace(old, state=RunState.CANCELLED))
            with pytest.raises(Refusal, match="in flight"):
                journal.create_run(a_run("r2"), a_plan_document(old), STEPS, replaced=("r1", [over]))
        assert store.run("r1").state is not RunState.CANCELLED

    def test_a_new_run_is_on_record_with_its_plan_and_steps(self, store: Store, reopen: Callable[[], Store]) -> None:
        with store.hold("lab") as journal:
            run = created(journal)
        other = reopen()
        assert other.run("r1") == run == a_run()
        assert other.plan("r1") == a_plan_document(run)
        assert other.steps("r1") == tuple(StepStatus(step) for step in STEPS)
        assert [(e.seq, e.kind) for e in other.events("r1")] == [(1, "run.created")]

    def test_two_runs_share_a_plan(self, store: Store) -> None:
        with store.hold("lab") as journal:
            created(journal)
            created(journal, replace(a_run("r2"), plan_hash="hash-r1"))
        assert store.plan("r2")["hash"] == "hash-r1"

    def test_a_commit_is_seen_whole_by_others(self, store: Store, reopen: Callable[[], Store]) -> None:
        begun = started("r1", "ant")
        end = ended(begun, StepState.DONE, NOON + timedelta(microseconds=1))
        run = replace(a_run(), state=RunState.RUNNING, started_at=NOON, approve_all=True, reason="because")
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [Change("run.started", NOON, run=run), begun])
            events = journal.commit("r1", [end])
            assert [e.seq for e in events] == [4]
        other = reopen()
        assert other.run("r1") == run
        assert other.steps("r1")[1] == end.step
        assert other.attempts("r1") == other.attempts("r1", "ant") == (end.attempt,)
        assert other.attempts("r1", "mule") == ()
        assert other.counts("r1") == {StepState.PENDING: 2, StepState.DONE: 1}
        last = other.events("r1")[-1]
        assert (last.kind, last.step, last.attempt, last.data) == ("step.done", "ant", 1, {"müde": ["ja"]})
        assert last.at == NOON + timedelta(microseconds=1)
        assert [e.seq for e in other.events("r1", step="ant")] == [3, 4]
        assert [e.seq for e in other.events("r1", after=2, limit=1, step="ant")] == [3]
        assert other.events("r1", step="mule") == ()

    def test_events_are_numbered_without_gaps_and_read_from_any_number(self, store: Store) -> None:
        with store.hold("lab") as journal:
            created(journal)
            for n in range(5):
                journal.commit("r1", [Change(f"note.{n}", NOON), Change(f"note.{n}", NOON)])
        with store.hold("lab") as journal:
            journal.commit("r1", [Change("note.last", NOON)])
        assert [e.seq for e in store.events("r1")] == list(range(1, 13))
        assert [e.seq for e in store.events("r1", after=10)] == [11, 12]
        assert [e.seq for e in store.events("r1", after=2, limit=3)] == [3, 4, 5]

    def test_a_commit_that_does_not_fit_leaves_nothing(self, store: Store) -> None:
        fits, astray = started("r1", "ant"), replace(started("r1", "mule"), was=StepState.FAILED)
        with store.hold("lab") as journal:
            created(journal)
            with pytest.raises(StairliftError) as caught:
                journal.commit("r1", [fits, astray])
            assert caught.value.code == "store.conflict"
            assert store.counts("r1") == {StepState.PENDING: 3}
            assert store.attempts("r1") == ()
            assert [e.seq for e in journal.commit("r1", [fits])] == [2]

    def test_a_step_may_move_twice_in_one_commit(self, store: Store) -> None:
        begun = started("r1", "ant")
        again = started("r1", "ant", 2)
        lost = ended(begun, StepState.UNKNOWN, NOON)
        assert lost.step is not None
        back = Change("step.retried", NOON, step=replace(lost.step, state=StepState.PENDING), was=StepState.UNKNOWN)
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [begun])
            journal.commit("r1", [lost, back, again])
        assert store.steps("r1")[1] == again.step
        assert [(a.id.number, a.result) for a in store.attempts("r1")] == [(1, "done"), (2, None)]

    def test_a_time_comes_back_as_the_same_instant(self, store: Store) -> None:
        berlin = timezone(timedelta(hours=2))
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [Change("note", NOON.astimezone(berlin))])
        found = store.events("r1")[-1].at
        assert found == NOON and found.tzinfo is not None

    # One writer

    def test_a_second_orchestrator_is_refused_at_once(self, store: Store, reopen: Callable[[], Store]) -> None:
        with store.hold("lab") as journal:
            created(journal)
            before = reopen().events("r1")
            with pytest.raises(Refusal) as caught, reopen().hold("lab"):
                pass
            assert caught.value.code == "run.cloud_busy"
            assert "r1" in caught.value.brief
            assert reopen().events("r1") == before
            journal.commit("r1", [Change("note", NOON)])

    def test_clouds_do_not_block_each_other(self, store: Store, reopen: Callable[[], Store]) -> None:
        with store.hold("lab") as one, reopen().hold("prod/eu west") as other:
            created(one)
            created(other, a_run("r2", cloud="prod/eu west"))
        assert {run.id for run in store.runs()} == {"r1", "r2"}

    def test_the_lease_is_free_once_given_back_and_its_holder_is_told(self, store: Store) -> None:
        assert store.orchestrator("lab") is None
        with store.hold("lab") as first:
            created(first)
            found = store.orchestrator("lab")
            assert found is not None and found.run == "r1" and found.pid > 0
        assert store.orchestrator("lab") is None
        with store.hold("lab") as second:
            with pytest.raises(Refusal) as caught:
                first.commit("r1", [Change("late", NOON)])
            assert caught.value.code == "run.lease_lost"
            with pytest.raises(Refusal):
                first.renew()
            second.renew()
        assert [e.kind for e in store.events("r1")] == ["run.created"]

    def test_the_lease_is_given_back_when_the_holder_fails(self, store: Store) -> None:
        with pytest.raises(RuntimeError), store.hold("lab"):
            raise RuntimeError("a bug")
        with store.hold("lab") as journal:
            journal.renew()

    @pytest.mark.parametrize("state", [StepState.RUNNING, StepState.VERIFYING])
    def test_no_new_run_while_another_has_steps_in_flight(self, store: Store, state: StepState) -> None:
        begun = started("r1", "ant")
        assert begun.step is not None
        flying = replace(begun, step=replace(begun.step, state=state))
        with store.hold("lab") as journal, store.hold("prod") as other:
            created(journal)
            journal.commit("r1", [flying])
            with pytest.raises(Refusal) as caught:
                created(journal, a_run("r2"))
            assert caught.value.code == "run.in_flight" and "r1" in caught.value.brief
            assert [run.id for run in store.runs()] == ["r1"]
            created(other, a_run("r3", cloud="prod"))
            down = Change("step.failed", NOON, step=replace(begun.step, state=StepState.FAILED), was=state)
            journal.commit("r1", [down])
            created(journal, a_run("r2"))

    # Parts

    def test_a_few_steps_are_read_by_id_and_by_state(self, store: Store) -> None:
        with store.hold("lab") as journal:
            created(journal)
            begun = started("r1", "ant")
            journal.commit("r1", [begun])
        pending = {StepState.PENDING}
        assert ids(store.steps("r1")) == list(STEPS)
        assert ids(store.steps("r1", ["mule", "zebra", "gnu"])) == ["zebra", "mule"]
        assert ids(store.steps("r1", [])) == []
        assert ids(store.steps("r1", states=pending)) == ["zebra", "mule"]
        assert ids(store.steps("r1", states=pending, most=1)) == ["zebra"]
        assert ids(store.steps("r1", ["ant", "mule"], states={StepState.RUNNING})) == ["ant"]
        assert store.steps("r1", ["ant"]) == (begun.step,)

    def test_a_few_steps_of_a_plan_are_read_alone(self, store: Store) -> None:
        with store.hold("lab") as journal:
            run = created(journal)
        whole = a_plan_document(run)
        assert store.plan_head("r1") == {**whole, "steps": 3}
        assert store.plan_steps("r1", ["mule", "zebra", "gnu"]) == (whole["steps"][0], whole["steps"][2])
        assert store.plan_steps("r1", []) == ()
        assert list(store.each_plan_step("r1")) == whole["steps"]
        with pytest.raises(UsageError, match="r9"):
            store.plan_head("r9")

    def test_the_newest_event_is_read_alone(self, store: Store) -> None:
        assert store.latest("r1") is None
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [Change("note", NOON), Change("last", NOON)])
        newest = store.latest("r1")
        assert newest is not None
        assert (newest.seq, newest.kind) == (3, "last")

    def test_how_long_the_like_took(self, store: Store) -> None:
        def does(journal: Journal, run: str, step: str, seconds: int, state: StepState = StepState.DONE) -> None:
            begun = started(run, step)
            journal.commit(run, [begun])
            journal.commit(run, [ended(begun, state, NOON + timedelta(seconds=seconds))])

        with store.hold("lab") as journal, store.hold("prod") as other:
            created(other, a_run("r0", cloud="prod"))
            does(other, "r0", "zebra", 1)
            created(journal)
            does(journal, "r1", "zebra", 10)
            does(journal, "r1", "ant", 20)
            does(journal, "r1", "mule", 30)
            created(journal, a_run("r2", at=NOON + timedelta(hours=1)))
            does(journal, "r2", "zebra", 40)
            begun = started("r2", "ant")
            journal.commit("r2", [begun])
        assert seconds(store.took("r2", "ant", 10)) == [40, 20, 10]
        assert seconds(store.took("r2", "ant", 2)) == [40, 20]
        assert seconds(store.took("r2", "zebra", 10)) == [20, 10]
        assert seconds(store.took("r2", "mule", 10)) == [30]
        assert seconds(store.took("r2", "gnu", 10)) == []

    def test_only_what_ended_well_tells_how_long_the_like_takes(self, store: Store) -> None:
        begun = started("r1", "zebra")
        failed = ended(begun, StepState.FAILED, NOON + timedelta(seconds=9))
        assert failed.attempt is not None
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [begun])
            journal.commit("r1", [replace(failed, attempt=replace(failed.attempt, result="failed"))])
            again = started("r1", "zebra", 2)
            assert again.attempt is not None
            taken_back = replace(again, was=StepState.FAILED, attempt=replace(again.attempt, undo=True))
            journal.commit("r1", [taken_back])
            journal.commit("r1", [ended(taken_back, StepState.UNDONE, NOON + timedelta(seconds=9))])
        assert store.took("r1", "ant", 10) == ()

    def test_how_long_steps_of_each_sort_took_until_their_services_had_reported(self, store: Store) -> None:
        def takes(journal: Journal, run: str, after: int, at: datetime = NOON) -> None:
            begun = started(run, "zebra", at=at)
            journal.commit(run, [begun])
            journal.commit(run, [reported(begun, after)])

        later = NOON + timedelta(hours=1)
        with store.hold("lab") as journal, store.hold("prod") as other:
            created(other, a_run("r0", cloud="prod"))
            takes(other, "r0", 99)
            created(journal)
            takes(journal, "r1", 10)
            created(journal, a_run("r2", at=later))
            takes(journal, "r2", 20, later)
            journal.commit("r2", [started("r2", "ant")])
        assert {sort: seconds(found) for sort, found in store.lengths("lab", 10).items()} == {UPGRADE: [20, 10]}
        assert {sort: seconds(found) for sort, found in store.lengths("lab", 1).items()} == {UPGRADE: [20]}
        assert {sort: seconds(found) for sort, found in store.lengths("lab", 10, later).items()} == {UPGRADE: [10]}
        assert store.lengths("nowhere", 10) == {}

    def test_numbers_are_made_of_every_attempt_that_has_ended(self, store: Store) -> None:
        with store.hold("lab") as journal:
            created(journal)
            begun = started("r1", "zebra")
            failed = ended(begun, StepState.FAILED, NOON + timedelta(seconds=9))
            assert failed.attempt is not None
            journal.commit("r1", [begun])
            journal.commit("r1", [replace(failed, attempt=replace(failed.attempt, result="failed"))])
            journal.commit("r1", [started("r1", "ant")])
        assert store.ended("r1") == (EndedAttempt(UPGRADE, "failed", timedelta(seconds=9)),)
        assert store.ended("r9") == ()

    # Finding runs

    def test_events_of_some_kinds_are_read_alone(self, store: Store) -> None:
        """Of many thousand, those that a run as a whole is told by."""
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [started("r1", "ant"), started("r1", "mule")])
        assert [e.seq for e in store.events("r1", kinds=["run.created", "run.paused"])] == [1]
        assert [e.step for e in store.events("r1", after=2, kinds=["step.started"])] == ["mule"]
        assert [e.step for e in store.events("r1", limit=1, kinds=["step.started"])] == ["ant"]

    def test_the_attempts_at_some_steps_are_read_together(self, store: Store) -> None:
        """As many as a page shows, of a run that has many more."""
        with store.hold("lab") as journal:
            created(journal)
            ant, later = started("r1", "ant"), NOON + timedelta(seconds=10)
            again = started("r1", "ant", 2, at=later)
            failed = ended(ant, StepState.FAILED, later)
            journal.commit("r1", [started("r1", "zebra"), ant, failed, replace(again, was=StepState.FAILED)])

        def names(*steps: str) -> list[str]:
            return [f"{attempt.id.step}/{attempt.id.number}" for attempt in store.attempts_of("r1", steps)]

        assert names("ant", "mule", "stranger") == ["ant/1", "ant/2"]
        assert names("zebra", "ant") == ["ant/1", "zebra/1", "ant/2"]
        assert names() == []

    def test_runs_are_found_by_cloud_and_age(self, store: Store) -> None:
        later = NOON + timedelta(hours=1)
        with store.hold("lab") as journal, store.hold("prod") as other:
            created(journal, a_run("r1"))
            created(other, a_run("r2", cloud="prod", at=later))
            created(journal, a_run("r3", at=later + timedelta(hours=1)))
            over = replace(a_run("r3", at=later + timedelta(hours=1)), state=RunState.FAILED, ended_at=later)
            journal.commit("r3", [Change("run.failed", later, run=over)])
        assert [run.id for run in store.runs()] == ["r3", "r2", "r1"]
        assert [run.id for run in store.runs("lab")] == ["r3", "r1"]
        newest, active, elsewhere = store.newest("lab"), store.active("lab"), store.active()
        assert newest is not None and newest.id == "r3"
        assert active is not None and active.id == "r1"
        assert elsewhere is not None and elsewhere.id == "r2"
        assert store.newest("nowhere") is None and store.active("nowhere") is None
        with store.hold("prod") as other:
            done = replace(a_run("r2", cloud="prod", at=later), state=RunState.DONE, ended_at=later)
            other.commit("r2", [Change("run.done", later, run=done)])
        assert [run.id for run in store.unfinished()] == ["r3", "r1"]

    def test_a_run_that_does_not_exist_is_named(self, store: Store) -> None:
        for ask in (store.run, store.plan):
            with pytest.raises(UsageError, match="r9"):
                ask("r9")
        assert store.steps("r9") == () and store.events("r9") == () and store.counts("r9") == {}

    # Commands

    def test_a_command_told_twice_is_one(self, store: Store, reopen: Callable[[], Store]) -> None:
        with store.hold("lab") as journal:
            created(journal)
        assert store.tell(a_command()) == a_command()
        assert reopen().tell(replace(a_command(), at=NOON + timedelta(hours=1))) == a_command()
        assert store.commands("r1") == store.commands("r1", unsettled=True) == (a_command(),)
        with pytest.raises(Refusal) as caught:
            store.tell(replace(a_command(), kind="skip"))
        assert caught.value.code == "run.command_conflict"

    def test_a_command_is_settled_with_what_it_brought_about(self, store: Store) -> None:
        with store.hold("lab") as journal:
            created(journal)
            store.tell(a_command())
            store.tell(replace(a_command(command_id="c0"), at=NOON + timedelta(seconds=1)))
            assert [c.id for c in store.commands("r1", unsettled=True)] == ["c1", "c0"]
            settled = replace(a_command(), result="refused", answer="it runs")
            journal.commit("r1", [Change("command.refused", NOON, command=settled)])
        assert store.commands("r1")[0] == settled
        assert [c.id for c in store.commands("r1", unsettled=True)] == ["c0"]

    def test_anybody_may_tell_while_another_one_orchestrates(self, store: Store, reopen: Callable[[], Store]) -> None:
        with store.hold("lab") as journal:
            created(journal)
            reopen().tell(a_command(command_id=uuid4().hex))
            assert len(store.commands("r1", unsettled=True)) == 1
            journal.renew()

    # The ledger of side effects

    def test_an_effect_is_on_record_with_the_attempt_that_makes_it(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        begun = replace(started("r1", "ant"), effects=(an_effect("cmp2"), an_effect("cmp1")))
        with store.hold("lab") as journal:
            created(journal)
            event = journal.commit("r1", [begun])[0]
        assert event.data == {"effects": {"cordon:cmp2": "intended", "cordon:cmp1": "intended"}}
        other = reopen()
        assert other.events("r1")[-1] == event
        assert other.effects("r1") == (an_effect("cmp1"), an_effect("cmp2"))
        assert other.effects("r9") == ()

    def test_the_newest_word_on_an_effect_stands(self, store: Store) -> None:
        later = NOON + timedelta(seconds=9)
        made, first = an_effect("cmp1", "made"), an_effect("cmp0", at=later)
        restored = replace(made, state="restored", ended_at=later, note="enabled")
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [Change("note", NOON, effects=(an_effect(),)), Change("note", NOON, effects=(made,))])
            assert store.effects("r1") == (made,)
            journal.commit("r1", [Change("note", later, effects=(restored, first))])
        assert store.effects("r1") == (restored, first)
        assert [effect.open for effect in store.effects("r1")] == [False, True]

    def test_the_ledger_is_read_of_a_cloud_and_of_all(self, store: Store) -> None:
        with store.hold("lab") as journal, store.hold("prod") as other:
            created(journal)
            created(other, a_run("r2", cloud="prod"))
            journal.commit("r1", [Change("note", NOON, effects=(an_effect("cmp1"),))])
            other.commit("r2", [Change("note", NOON, effects=(an_effect("cmp1"), an_effect("cmp2")))])
        assert store.effects(cloud="lab") == (an_effect("cmp1"),)
        assert store.effects() == (an_effect("cmp1"), an_effect("cmp1"), an_effect("cmp2"))
        assert store.effects("r1", cloud="prod") == ()

    def test_an_effect_is_not_on_record_where_its_step_could_not_begin(self, store: Store) -> None:
        astray = replace(started("r1", "ant"), was=StepState.FAILED, effects=(an_effect(),))
        with store.hold("lab") as journal:
            created(journal)
            with pytest.raises(StairliftError):
                journal.commit("r1", [astray])
        assert store.effects("r1") == ()

    def test_runs_come_page_by_page(self, store: Store) -> None:
        """The newest first, also where several began at the same moment; a run that comes meanwhile shifts nothing."""
        for number in range(5):
            cloud = "lab" if number % 2 else "prod"
            with store.hold(cloud) as journal:
                created(journal, a_run(f"r{number}", cloud=cloud, at=NOON + timedelta(seconds=number // 2)))
        first = store.runs(most=2)
        with store.hold("lab") as journal:
            created(journal, a_run("r9", at=NOON + timedelta(hours=1)))
        rest = store.runs(behind=first[-1].id)
        assert [run.id for run in (*first, *rest)] == ["r4", "r3", "r2", "r1", "r0"]
        assert [run.id for run in store.runs("prod", behind="r3", most=1)] == ["r2"]
        assert [run.id for run in store.runs(states={RunState.RUNNING})] == []
        assert len(store.runs(states={RunState.PENDING, RunState.DONE})) == 6
        with pytest.raises(UsageError) as unknown:
            store.runs(behind="nope")
        assert unknown.value.code == "page.unknown_marker"

    def test_steps_come_page_by_page(self, store: Store) -> None:
        """In the order of the plan, each with its document; of a state, a stage, a host, or all of that."""
        with store.hold("lab") as journal:
            run = a_run()
            journal.create_run(run, placed(a_plan_document(run)), STEPS)
            journal.commit(run.id, [started(run.id, "mule")])
        page = store.step_page(run.id, most=2)
        assert [(status.id, document["stage"]) for status, document in page] == [
            ("zebra", "control"),
            ("ant", "compute"),
        ]
        assert [status.id for status, _ in store.step_page(run.id, behind="ant", most=2)] == ["mule"]
        assert [status.id for status, _ in store.step_page(run.id, states={StepState.PENDING})] == ["zebra", "ant"]
        assert [status.id for status, _ in store.step_page(run.id, stage="compute", most=1)] == ["ant"]
        assert [status.id for status, _ in store.step_page(run.id, host='c"%_\\ü', behind="zebra")] == ["ant", "mule"]
        assert store.step_page(run.id, host="cmp") == store.step_page(run.id, stage="CONTROL") == ()
        running = store.step_page(run.id, host="cmp1", stage="compute", states={StepState.RUNNING})
        assert [(status.id, status.attempt) for status, _ in running] == [("mule", 1)]
        for run_id, marker, code in ((run.id, "nope", "page.unknown_marker"), ("r2", None, "run.unknown")):
            with pytest.raises(UsageError) as unknown:
                store.step_page(run_id, behind=marker)
            assert unknown.value.code == code

    def test_attempts_come_page_by_page(self, store: Store) -> None:
        """In the order in which they began, or the other way round."""
        with store.hold("lab") as journal:
            run = created(journal)
            for number, step in enumerate(STEPS):
                journal.commit(run.id, [begun := started(run.id, step, at=NOON + timedelta(seconds=number // 2))])
            journal.commit(run.id, [ended(begun, StepState.DONE, NOON + timedelta(minutes=1))])
        order = ["ant", "zebra", "mule"]
        assert [a.id.step for a in store.attempts(run.id, most=2)] == order[:2]
        assert [a.id.step for a in store.attempts(run.id, newest_first=True)] == order[::-1]
        assert [a.id.step for a in store.attempts(run.id, results={"done"})] == ["mule"]
        behind = AttemptId(run.id, "zebra", 1)
        assert [a.id.step for a in store.attempts(run.id, behind=behind)] == ["mule"]
        assert [a.id.step for a in store.attempts(run.id, behind=behind, newest_first=True)] == ["ant"]
        assert store.attempts(run.id, "ant", behind=behind) == ()
        for nowhere in (AttemptId(run.id, "zebra", 2), AttemptId("r2", "zebra", 1)):
            with pytest.raises(UsageError) as unknown:
                store.attempts(run.id, behind=nowhere)
            assert unknown.value.code == "page.unknown_marker"
