"""Which runs can be planned anew, and what taking a run's place means for its journal."""

import os
import subprocess
from dataclasses import replace

import pytest

from journals import Ledger, an_office
from planning import binding, planned, policy, request, seen
from stairlift.drive.gates.settings import GateSettings, gate_settings
from stairlift.execute.attempt_folder import PROGRESS
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.finding import Finding
from stairlift.model.run import Command, RunState, StepState
from stairlift.model.scope import Scope
from stairlift.plan import plan
from stairlift.plan.difference import difference
from stairlift.plan.past import carried, past_of
from stairlift.run import changes
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.look import Look
from stairlift.wiring.replanning import Replanned, Wanted, replan, take_place

BUILT = a_cloud(control=1, network=0, compute=3)
FIRST, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


def half_done(office, **given) -> Ledger:
    """A run that has failed at its second hypervisor."""
    made = planned(BUILT, stages=("compute",), **given)
    return Ledger.begun(office, made).does(FIRST).fails(SECOND).rests(RunState.FAILED, "cmp2 failed")


def wanted() -> Wanted:
    return Wanted(policy())


def refused(office, ledger: Ledger) -> Refusal:
    with pytest.raises(Refusal) as found:
        replan(ledger.run, office, Settings(), wanted())
    return found.value


def anew(office, ledger: Ledger, computes: int = 4, **given) -> Replanned:
    """What `replan` makes of a cloud that has another number of hypervisors by now."""
    later = seen(a_cloud(control=1, network=0, compute=computes))
    statuses = office.store.steps(ledger.run.id)
    past = past_of(ledger.run.id, ledger.plan, statuses, later.cloud)
    asked = request("2025.2", "2025.1", past=past, stages=("compute",), **given)
    made = plan(later.cloud, later.findings, asked, ledger.plan.bindings)
    begun = carried(past, made)
    return Replanned(
        ledger.run, statuses, made, difference(ledger.plan, made, {FIRST}, {FIRST}), begun, Look((), (), later)
    )


class TestWhichRuns:
    @pytest.mark.parametrize("state", [RunState.DONE, RunState.CANCELLED])
    def test_one_that_is_over_needs_a_new_plan(self, office, state):
        ledger = half_done(office)
        ledger.run = replace(ledger.run, state=state)
        found = refused(office, ledger)
        assert (found.code, found.resolution) == ("replan.not_at_rest", "make a new plan")

    def test_one_that_moves_is_paused_first(self, office):
        ledger = Ledger.begun(office, planned(BUILT, stages=("compute",))).starts(FIRST)
        found = refused(office, ledger)
        assert found.code == "replan.not_at_rest"
        assert "running, with 1 step in flight" in found.brief
        assert f"stairlift pause {ledger.run.id}" in found.resolution

    def test_one_that_is_on_its_way_back_is_not_planned_on(self, office):
        ledger = half_done(office)
        ledger.run = replace(ledger.run, state=RunState.PAUSED, intent="rollback")
        assert "is being rolled back" in refused(office, ledger).brief

    def test_an_attempt_that_still_runs_keeps_its_hosts(self, office):
        """Its supervisor has died and left it running, so nobody knows when it ends."""
        ledger = half_done(office)
        attempt = office.store.attempts(ledger.run.id, SECOND)[-1]
        told = {"STAIRLIFT_PROGRESS": str(office.file(attempt, PROGRESS))}
        process = subprocess.Popen(["sleep", "60"], env=os.environ | told)
        try:
            found = refused(office, ledger)
        finally:
            process.kill()
            process.wait()
        assert found.code == "replan.still_runs"
        assert str(process.pid) in found.brief

    def test_a_part_that_nobody_wrote_down_is_not_guessed(self, office):
        """A plan of an older program."""
        narrowed = Finding("plan.narrowed", "warning", "plan", "a part", "plan the rest")
        old = replace(planned(BUILT), findings=(narrowed,))
        ledger = Ledger.begun(office, old).rests(RunState.PAUSED)
        assert refused(office, ledger).code == "replan.unknown_part"


class TestTakingItsPlace:
    def test_what_is_done_is_carried_and_the_old_run_ends(self, office):
        ledger = half_done(office)
        new = anew(office, ledger)
        run = take_place(new, office, Settings(), "bob", approve_all=False)
        found = {s.id: (s.state, s.attempt) for s in office.store.steps(run.id)}
        assert found == {
            FIRST: (StepState.DONE, 1),
            SECOND: (StepState.PENDING, 1),
            "2025.2-compute@cmp3": (StepState.PENDING, 0),
            "2025.2-compute@cmp4": (StepState.PENDING, 0),
        }
        old = office.store.run(ledger.run.id)
        assert (old.state, old.reason) == (RunState.CANCELLED, f"replaced by run {run.id}")
        assert (run.state, run.actor, run.plan_hash) == (RunState.PAUSED, "bob", new.plan.hash)
        assert run.reason == f"it takes the place of run {ledger.run.id}"
        kinds = [(e.kind, e.step, e.data.get("run")) for e in office.store.events(run.id)]
        assert kinds == [
            ("run.created", None, None),
            ("step.carried", FIRST, ledger.run.id),
            ("step.carried", SECOND, ledger.run.id),
        ]

    def test_where_nothing_was_begun_nothing_is_half_way(self, office):
        ledger = Ledger.opened(office, planned(BUILT, stages=("compute",)))
        run = take_place(anew(office, ledger), office, Settings(), "bob", approve_all=False)
        assert (run.state, run.started_at) == (RunState.PENDING, None)

    def test_who_approves_everything_does_so_for_the_new_run(self, office):
        ledger = half_done(office)
        assert take_place(anew(office, ledger), office, Settings(), "bob", approve_all=True).approve_all

    def test_the_stage_to_stop_after_is_that_of_the_policy_of_today(self, office):
        ledger = half_done(office)
        new = anew(office, ledger, policy=policy(stop_after="compute"))
        assert Scope.of(take_place(new, office, Settings(), "bob", approve_all=False)).stop_after == "compute"

    def test_what_was_said_of_gates_holds_for_it(self, office):
        """And how the cloud is now is what its gates compare with: nobody waits for a host that has gone meanwhile."""
        settings = Settings(gates=GateSettings(logs=False, within=60.0))
        run = take_place(anew(office, half_done(office)), office, settings, "bob", approve_all=False)
        assert gate_settings(run) == settings.gates

    def test_a_word_that_nobody_has_acted_on_is_answered(self, office):
        ledger = half_done(office)
        office.store.tell(Command("c1", ledger.run.id, "retry", SECOND, "eve", "", NOON))
        run = take_place(anew(office, ledger), office, Settings(), "bob", approve_all=False)
        [told] = office.store.commands(ledger.run.id)
        assert (told.result, told.answer) == ("refused", f"replaced by run {run.id}")

    def test_a_run_that_has_moved_since_stays(self, office):
        ledger = half_done(office)
        new = anew(office, ledger)
        retried = Command("c1", ledger.run.id, "retry", SECOND, "eve", "", NOON)
        ledger.writes(changes.commanded(ledger.status(SECOND), retried, NOON))
        with pytest.raises(Refusal) as found:
            take_place(new, office, Settings(), "bob", approve_all=False)
        assert found.value.code == "replan.moved"
        assert [run.id for run in office.store.runs()] == [ledger.run.id]

    def test_workers_need_a_database_that_they_reach(self, office):
        ledger = half_done(office)
        new = anew(office, ledger)
        near = replace(new.plan, steps=tuple(replace(step, queue="az1") for step in new.plan.steps))
        with pytest.raises(UsageError) as found:
            take_place(replace(new, plan=near), office, Settings(database_url="sqlite:///x"), "bob", approve_all=False)
        assert found.value.code == "queue.no_workers"
        assert office.store.run(ledger.run.id).state is RunState.FAILED


def test_a_plan_of_a_batch_keeps_its_batches(office):
    """The failed batch is begun again as a whole."""
    entries = (binding("all", "batch"),)
    made = planned(BUILT, stages=("compute",), bindings=entries, policy=policy(max_unavailable={"resource": 2}))
    both = next(s for s in made.steps if len(s.hosts) == 2)
    ledger = Ledger.begun(office, made).does(FIRST).fails(both.id).rests(RunState.FAILED)
    new = anew(office, ledger, policy=policy(max_unavailable={"resource": 2}))
    assert [(s.id, s.hosts) for s in new.plan.steps if s.id == both.id] == [(both.id, both.hosts)]
