"""Side effects over the life of a run: on record before they are made, put back when it rests, kept where that harms."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from labs import Lab, play
from stairlift.drive import restoring
from stairlift.drive.begin import Place, new_run
from stairlift.drive.resting import obey
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.effect import Effect
from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan
from stairlift.model.run import AttemptId, Command, RunState, StepState
from stairlift.model.work import Job, Outcome
from stairlift.run import changes
from stairlift.testing.doubles import ScriptedFences
from stairlift.testing.plans import a_binding, a_rollout

AROUND = ("cordon", "upgrade", "uncordon")


class FenceLab(Lab):
    """A lab whose attempts are real programs; `pauses` names the steps during which somebody pauses the run."""

    def __init__(self, folder: Path, plan: Plan, outcomes: dict[str, list[int]] | None = None) -> None:
        self.folder = folder
        self.fences = ScriptedFences({"folder": folder, "argv": lambda _step: ("sh", "-c", "true")})
        super().__init__(plan, outcomes or {}, strategy=self.fences)
        self.executor = InProcessExecutor(self._real, self.clock.now)
        self.pauses: dict[str, str] = {}

    async def _real(self, attempt: AttemptId, job: Job) -> Outcome:
        told = self.pauses.pop(attempt.step, "")
        if told:
            self.tell(told)
        outcome = await self._work(attempt, job)
        if outcome.returncode:
            return outcome
        process = await asyncio.create_subprocess_exec(*job.argv)
        return Outcome(await process.wait())

    def fenced(self) -> list[str]:
        return sorted(file.name for file in self.folder.iterdir())

    def ledger(self) -> dict[str, str]:
        return {effect.id: effect.state for effect in self.store.effects(self.run.id)}

    def effect(self, name: str) -> Effect:
        return next(effect for effect in self.store.effects(self.run.id) if effect.id == name)

    def begun(self) -> list[str]:
        return [attempt.step for attempt, _ in self.jobs]

    def answer(self, told: Command) -> str | None:
        return next(command.result for command in self.store.commands(self.run.id) if command.id == told.id)


@pytest.fixture
def lab(tmp_path: Path):
    def built(hosts: int = 1, actions: Sequence[str] = AROUND, **outcomes: list[int]) -> FenceLab:
        named = {step.replace("_", "-"): codes for step, codes in outcomes.items()}
        return FenceLab(tmp_path, a_rollout(hosts, actions=actions), named)

    return built


def test_an_effect_is_on_record_before_it_is_made_and_closed_by_who_takes_it_back(lab) -> None:
    here = lab(2)
    assert play(here.go()).state is RunState.DONE
    assert here.ledger() == {"cordon:cmp1": "restored", "cordon:cmp2": "restored"}
    assert here.fenced() == here.fences.restored == []
    told = [(e.kind, e.step, e.data["effects"]) for e in here.store.events(here.run.id) if "effects" in e.data]
    assert told[:3] == [
        ("step.started", "cmp1-cordon", {"cordon:cmp1": "intended"}),
        ("step.done", "cmp1-cordon", {"cordon:cmp1": "made"}),
        ("step.done", "cmp1-uncordon", {"cordon:cmp1": "restored"}),
    ]
    effect = here.effect("cordon:cmp1")
    assert (effect.step, effect.binding, effect.details) == ("cmp1-cordon", "command", {"by": here.run.id})
    assert effect.at < effect.ended_at


def test_what_was_so_before_us_is_left_alone(lab, tmp_path: Path) -> None:
    here = lab()
    (tmp_path / "cmp1").write_text("for an audit\n")
    assert play(here.go()).state is RunState.DONE
    assert here.ledger() == {"cordon:cmp1": "foreign"}
    assert here.fenced() == ["cmp1"]


def test_a_host_on_which_nothing_was_begun_is_given_back_when_the_run_rests(lab) -> None:
    here = lab(2)
    here.pauses = {"cmp1-cordon": "pause"}
    assert play(here.go()).state is RunState.PAUSED
    assert (here.fenced(), here.ledger()) == ([], {"cordon:cmp1": "restored"})
    assert here.state("cmp1-cordon") is StepState.PENDING
    assert here.kinds()[-3:] == ["step.reopened", "effect.restored", "run.paused"]


def test_and_fenced_again_before_it_goes_on(lab) -> None:
    here = lab(1, ("cordon", "drain", "upgrade", "uncordon"))
    here.pauses = {"cmp1-drain": "pause"}
    play(here.go())
    assert here.state("cmp1-drain") is here.state("cmp1-cordon") is StepState.PENDING
    assert play(here.go()).state is RunState.DONE
    order = ["cmp1-cordon", "cmp1-drain", "cmp1-cordon", "cmp1-drain", "cmp1-upgrade", "cmp1-uncordon"]
    assert here.begun() == order
    assert here.most == 1, "what is done again waits for what it needs"
    assert here.ledger() == {"cordon:cmp1": "restored"}


def test_a_drain_that_is_skipped_leaves_its_host_fenced(lab) -> None:
    here = lab(1, ("cordon", "drain", "upgrade", "uncordon"), cmp1_drain=[3])
    assert play(here.go()).state is RunState.FAILED
    assert (here.fenced(), here.state("cmp1-cordon")) == ([], StepState.PENDING)
    here.tell("skip", "cmp1-drain", "its servers may stop")
    assert play(here.go()).state is RunState.DONE
    assert here.begun() == ["cmp1-cordon", "cmp1-drain", "cmp1-cordon", "cmp1-upgrade", "cmp1-uncordon"]
    assert here.most == 1, "nothing is upgraded before it is fenced again"


def test_a_host_whose_upgrade_failed_stays_fenced_until_it_is_well(lab) -> None:
    here = lab(2, cmp1_upgrade=[3])
    assert play(here.go()).state is RunState.FAILED
    assert (here.fenced(), here.ledger()) == (["cmp1"], {"cordon:cmp1": "kept"})
    assert here.effect("cordon:cmp1").note == "cmp1-upgrade is failed"
    assert here.state("cmp1-cordon") is StepState.DONE
    play(here.go())
    assert here.kinds().count("effect.kept") == 1, "what is known is not told again"
    here.tell("retry", "cmp1-upgrade")
    assert play(here.go()).state is RunState.DONE
    assert here.begun() == [
        "cmp1-cordon",
        "cmp1-upgrade",
        "cmp1-upgrade",
        "cmp1-uncordon",
        "cmp2-cordon",
        "cmp2-upgrade",
        "cmp2-uncordon",
    ]
    assert (here.fenced(), set(here.ledger().values())) == ([], {"restored"})


def test_a_failed_upgrade_that_is_to_be_tried_again_keeps_its_fence_where_the_run_is_cancelled_first(lab) -> None:
    here = lab(1, cmp1_upgrade=[3])
    assert play(here.go()).state is RunState.FAILED
    here.tell("cancel")
    here.tell("retry", "cmp1-upgrade")
    assert play(here.go()).state is RunState.CANCELLED
    assert (here.state("cmp1-upgrade"), here.fenced()) == (StepState.PENDING, ["cmp1"])
    assert here.effect("cordon:cmp1").note == "cmp1-upgrade was begun, and waits to be tried again"


def test_a_host_that_is_half_upgraded_stays_fenced(lab) -> None:
    here = lab(1, ("cordon", "upgrade", "verify", "uncordon"))
    here.pauses = {"cmp1-upgrade": "pause"}
    assert play(here.go()).state is RunState.PAUSED
    assert here.effect("cordon:cmp1").state == "kept"
    assert here.effect("cordon:cmp1").note == "cmp1-upgrade is done, and cmp1-verify has not begun"
    here.pauses = {"cmp1-verify": "pause"}
    assert play(here.go()).state is RunState.PAUSED
    assert here.ledger() == {"cordon:cmp1": "restored"}, "it is whole, and only its uncordon is left"


def test_what_was_left_on_a_host_belongs_to_the_unit_that_fences_it_next(lab) -> None:
    here = lab()
    twice = a_rollout(1, actions=AROUND)
    later = [
        replace(step, id=f"later-{step.id}", unit="later", needs=tuple(f"later-{n}" for n in step.needs))
        for step in twice.steps
    ]
    later[0] = replace(later[0], needs=("cmp1-uncordon",))
    here.plan = replace(twice, steps=(*twice.steps, *later))
    here.outcomes = {"cmp1-uncordon": [3], "later-cmp1-upgrade": [3]}
    play(here.go())
    here.fences.refuses = {"cmp1"}
    here.tell("skip", "cmp1-uncordon", "later")
    assert play(here.go()).state is RunState.FAILED
    effect = here.effect("cordon:cmp1")
    assert (effect.step, effect.state) == ("later-cmp1-cordon", "kept"), "its host is half upgraded"
    assert here.fenced() == ["cmp1"]


def test_a_rollback_gives_back_what_it_takes_back(lab) -> None:
    here = lab(2, cmp2_upgrade=[3])
    here.plan = replace(here.plan, bindings=(a_binding(can_undo=True),))
    assert play(here.go()).state is RunState.FAILED
    assert here.fenced() == ["cmp2"]
    here.tell("rollback")
    assert play(here.go()).state is RunState.ROLLED_BACK
    assert (here.fenced(), set(here.ledger().values())) == ([], {"restored"})


def test_a_rollback_puts_back_what_no_step_took_back(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    here = lab(1, cmp1_upgrade=[3])
    here.plan = replace(here.plan, bindings=(a_binding(can_undo=True),))
    play(here.go())
    monkeypatch.setattr(here.fences, "_script", lambda _assignment: "")
    here.tell("rollback")
    assert play(here.go()).state is RunState.ROLLED_BACK
    assert (here.fenced(), here.ledger()) == ([], {"cordon:cmp1": "restored"})
    assert here.fences.restored == ["cordon:cmp1"]


def test_the_run_that_takes_the_place_of_another_has_its_effects(lab) -> None:
    here = lab(1, cmp1_upgrade=[3])
    old = play(here.go())
    probe = Effect("probe:lab", "probe", "lab", "", "meter", "intended", here.clock.now(), {"tag": old.id})
    with here.store.hold("lab") as journal:
        journal.commit(old.id, [changes.left(probe, "nobody answers", here.clock.now())])
    place = Place(old, here.store.steps(old.id)[:1], effects=here.store.effects(old.id))
    with here.store.hold("lab") as journal:
        here.run = new_run(journal, here.plan, {}, now=here.clock.now(), actor="ann", place=place)
    cordon, probe = here.store.effects(old.id)
    assert (cordon.state, cordon.note) == ("handed-over", f"run {here.run.id} has it")
    assert (probe.state, probe.note) == ("intended", "nobody answers"), "the tag is the old run's"
    assert here.effect("cordon:cmp1").state == "kept"
    assert here.store.events(old.id)[-1].data["effects"] == {"cordon:cmp1": "handed-over"}
    (here.folder / "cmp1").write_text(f"{here.run.id}\n")  # as a cordon of the new run would take it over
    assert play(here.go()).state is RunState.DONE
    assert (here.fenced(), here.ledger()) == ([], {"cordon:cmp1": "restored"})


def test_a_host_that_is_whole_is_given_back_by_a_cancelled_run(lab) -> None:
    here = lab(2)
    here.pauses = {"cmp1-upgrade": "cancel"}
    assert play(here.go()).state is RunState.CANCELLED
    assert (here.fenced(), here.ledger()) == ([], {"cordon:cmp1": "restored"})
    assert here.state("cmp1-cordon") is StepState.DONE


def test_what_cannot_be_put_back_keeps_no_run_from_its_rest(lab) -> None:
    here = lab(2)
    here.pauses = {"cmp1-cordon": "pause"}
    here.fences.refuses = {"cmp1"}
    assert play(here.go()).state is RunState.PAUSED
    effect = here.effect("cordon:cmp1")
    assert (effect.state, effect.note) == ("made", "cmp1 does not answer")
    assert here.state("cmp1-cordon") is StepState.PENDING
    here.fences.refuses = set()
    assert play(here.go()).state is RunState.DONE
    assert (here.fenced(), here.ledger()["cordon:cmp1"]) == ([], "restored")


def test_a_run_that_is_cancelled_at_rest_is_put_back_once_more(lab) -> None:
    """Nobody takes it up again, so this is the last time."""
    here = lab(2)
    here.pauses = {"cmp1-cordon": "pause"}
    here.fences.refuses = {"cmp1"}
    play(here.go())
    here.fences.refuses = set()
    here.tell("cancel")

    async def nobody_orchestrates():
        with here.store.hold("lab") as journal:
            return await obey(journal, here.plan, here.run.id, here.tools())

    assert play(nobody_orchestrates()).state is RunState.CANCELLED
    assert (here.fenced(), here.ledger()) == ([], {"cordon:cmp1": "restored"})
    assert here.kinds()[-2:] == ["effect.restored", "run.cancelled"]


def test_what_hangs_is_not_waited_for_and_keeps_nobody_from_leaving(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    here, released = lab(), threading.Event()
    monkeypatch.setattr(restoring, "_PATIENCE", 0.05)
    monkeypatch.setattr(here.fences, "restore", lambda _effect: (released.wait(60), "")[1])
    here.pauses = {"cmp1-cordon": "pause"}
    try:
        assert play(here.go()).state is RunState.PAUSED
        assert [thread.name for thread in threading.enumerate()].count("put back") == 1, "it hangs still"
    finally:
        released.set()
    assert here.effect("cordon:cmp1").note == "nothing was heard for 0.05 s"


@pytest.mark.parametrize(("meanwhile", "state"), [("cancel", RunState.CANCELLED), ("stop-after", RunState.PAUSED)])
def test_a_cancel_is_obeyed_while_a_run_puts_back_and_nothing_else(lab, monkeypatch, meanwhile, state) -> None:
    here, restoring_now, released = lab(), threading.Event(), threading.Event()
    restore = here.fences.restore

    def slowly(effect: Effect) -> str:
        restoring_now.set()
        released.wait(60)
        return restore(effect)

    monkeypatch.setattr(here.fences, "restore", slowly)
    here.pauses = {"cmp1-cordon": "pause"}

    async def story():
        going = asyncio.create_task(here.go())
        await here.until(restoring_now.is_set)
        told = here.tell(meanwhile, stage="compute") if meanwhile == "stop-after" else here.tell(meanwhile)
        if meanwhile == "cancel":
            await here.until(lambda: here.answer(told) == "applied")
        released.set()
        return await going, told

    run, told = play(story())
    assert (run.state, here.answer(told)) == (state, "applied" if meanwhile == "cancel" else None)
    assert here.ledger() == {"cordon:cmp1": "restored"}
    assert here.kinds()[-1] == f"run.{state}"


def test_a_strategy_that_breaks_while_it_puts_back_is_told(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    here = lab()

    def restore(_effect: Effect) -> str:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(here.fences, "restore", restore)
    here.pauses = {"cmp1-cordon": "pause"}
    assert play(here.go()).state is RunState.PAUSED
    assert here.effect("cordon:cmp1").note == "the strategy scripted-fences could not: ZeroDivisionError: by zero"


def test_what_cannot_be_put_on_record_is_not_made(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    here = lab()

    def effects(_assignment: object) -> tuple[()]:
        raise KeyError("host")

    monkeypatch.setattr(here.fences, "effects", effects)
    assert play(here.go()).state is RunState.FAILED
    assert (here.fenced(), here.begun(), here.ledger()) == ([], [], {})
    assert "could not say what it changes: KeyError" in here.status("cmp1-cordon").reason


def test_whoever_dies_while_putting_back_leaves_no_cordon_done_of_which_nothing_is_left(lab) -> None:
    here = lab()
    restore = here.fences.restore

    def dies(effect: Effect) -> str:
        restore(effect)
        here.store.usurp("lab")
        return ""

    here.fences.restore = dies
    here.pauses = {"cmp1-cordon": "pause"}
    with pytest.raises(Refusal, match="lease"):
        play(here.go())
    assert here.fenced() == []
    assert (here.state("cmp1-cordon"), here.ledger()) == (StepState.PENDING, {"cordon:cmp1": "made"})
    here.fences.restore = restore
    assert play(here.go()).state is RunState.DONE
    assert here.begun() == ["cmp1-cordon", "cmp1-cordon", "cmp1-upgrade", "cmp1-uncordon"]
    assert here.ledger() == {"cordon:cmp1": "restored"}


def test_an_attempt_is_told_what_its_unit_has_changed(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    here = lab(2)
    seen = {}
    job = here.fences.job

    def kept(assignment):
        seen[assignment.step.id] = [(effect.id, effect.state) for effect in assignment.effects]
        return job(assignment)

    monkeypatch.setattr(here.fences, "job", kept)
    play(here.go())
    assert seen["cmp2-cordon"] == [("cordon:cmp2", "intended")]
    assert seen["cmp2-upgrade"] == seen["cmp2-uncordon"] == [("cordon:cmp2", "made")]
