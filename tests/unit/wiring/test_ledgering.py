"""The ledger by hand: who may put back what, and what that means for the run."""

from dataclasses import replace
from pathlib import Path

import pytest

from journals import Ledger, an_office
from stairlift.model.effect import Effect
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Plan
from stairlift.model.run import Event, RunState, StepState
from stairlift.report.events import event_line
from stairlift.report.ledger import fenced_lines
from stairlift.report.status import Standing, status_lines
from stairlift.report.status_document import status_document
from stairlift.run import changes
from stairlift.testing.doubles import ScriptedFences
from stairlift.testing.plans import a_rollout
from stairlift.wiring import ledgering, putting_back

AROUND = ("cordon", "upgrade", "uncordon")
PLAN = a_rollout(2, actions=AROUND)


class Scene:
    """A run whose first host is cordoned, with the file that says so."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan = PLAN) -> None:
        self.folder = folder / "fences"
        self.folder.mkdir()
        self.fences = ScriptedFences({"folder": self.folder, "argv": lambda _: ("sh", "-c", "true")})
        monkeypatch.setattr(putting_back, "strategies_of", lambda _plan: {"command": self.fences})
        self.office = an_office(folder)
        self.book = Ledger.begun(self.office, plan)
        (self.folder / "cmp1").write_text(f"{self.book.run.id}\n")
        effect = Effect(
            "cordon:cmp1", "cordon", "cmp1", "cmp1-cordon", "command", "made", self.book.at, {"by": self.book.run.id}
        )
        begun = changes.started(self.book.run.id, self.book.status("cmp1-cordon"), self.book.at)
        self.book.writes(replace(begun, effects=(effect,))).ends("cmp1-cordon")
        self.told: list[Event] = []

    def put_back(self, *wanted: str) -> tuple[Effect, ...]:
        run = self.office.store.run(self.book.run.id)
        return ledgering.put_back(run, self.office, wanted, "ada", self.told.append)

    def settle(self, *wanted: str) -> None:
        run, why = self.office.store.run(self.book.run.id), "the host is scrapped"
        ledgering.settle(run, self.office, wanted, actor="ada", reason=why, on_event=self.told.append)

    def state(self, step: str) -> StepState:
        return self.book.status(step).state

    @property
    def effect(self) -> Effect:
        (found,) = self.office.store.effects(self.book.run.id)
        return found


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


def test_after_a_crash_anybody_puts_back_what_was_left(scene: Scene) -> None:
    assert scene.put_back() == ()
    assert not list(scene.folder.iterdir())
    assert scene.effect.state == "restored"
    assert scene.state("cmp1-cordon") is StepState.PENDING, "it has to be done again before its host is upgraded"
    assert [event.kind for event in scene.told] == ["step.reopened", "effect.restored"]
    assert scene.told[-1].data == {"actor": "ada", "effects": {"cordon:cmp1": "restored"}}


def test_what_is_kept_for_a_person_is_put_back_when_that_person_says_so(scene: Scene) -> None:
    scene.book.starts("cmp1-upgrade").ends("cmp1-upgrade", "failed", "disk full")
    scene.book.writes(changes.fenced(scene.effect, "cmp1-upgrade is failed", scene.book.at))
    assert scene.put_back("cordon:cmp1") == ()
    assert scene.effect.state == "restored"
    assert scene.state("cmp1-cordon") is StepState.PENDING
    assert scene.state("cmp1-upgrade") is StepState.FAILED


def test_of_a_run_that_is_over_nothing_is_done_again(scene: Scene) -> None:
    scene.book.writes(changes.finished(scene.book.run, RunState.CANCELLED, "", scene.book.at))
    assert scene.put_back() == ()
    assert scene.state("cmp1-cordon") is StepState.DONE


def test_nobody_is_let_back_on_a_host_that_is_being_worked_on(scene: Scene) -> None:
    scene.book.starts("cmp1-upgrade")
    with pytest.raises(Refusal, match="cmp1-upgrade is at work there") as refused:
        scene.put_back()
    assert refused.value.code == "ledger.in_flight"
    assert list(scene.folder.iterdir())


def test_also_where_its_step_shares_its_places_with_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, replace(PLAN, steps=tuple(replace(s, unit="") for s in PLAN.steps)))
    scene.book.writes(changes.fenced(replace(scene.effect, step="cmp1-upgrade"), "", scene.book.at))
    scene.book.starts("cmp1-upgrade")
    with pytest.raises(Refusal, match="cmp1-upgrade is at work there"):
        scene.put_back()


def test_and_not_while_somebody_orchestrates(scene: Scene) -> None:
    with scene.office.store.hold("lab"), pytest.raises(Refusal) as refused:
        scene.put_back()
    assert refused.value.code == "run.cloud_busy"


def test_an_effect_that_is_not_open_is_named(scene: Scene) -> None:
    with pytest.raises(UsageError, match="no open side effect 'cordon:cmp9'"):
        scene.put_back("cordon:cmp9")


def test_what_could_not_be_put_back_is_given_with_the_reason(scene: Scene) -> None:
    scene.fences.refuses = {"cmp1"}
    (left,) = scene.put_back()
    assert (left.id, left.note) == ("cordon:cmp1", "cmp1 does not answer")
    assert scene.effect.state == "made"


def test_what_only_a_person_can_tell_is_settled_by_that_persons_word(scene: Scene) -> None:
    scene.settle("cordon:cmp1")
    assert list(scene.folder.iterdir()), "nothing is done to the cloud"
    assert (scene.effect.state, scene.effect.note) == ("restored", "as ada said: the host is scrapped")
    assert scene.state("cmp1-cordon") is StepState.PENDING, "it is fenced anew before its upgrade"
    assert [event.kind for event in scene.told] == ["step.reopened", "effect.settled"]
    assert scene.told[-1].data == {
        "actor": "ada",
        "reason": "the host is scrapped",
        "effects": {"cordon:cmp1": "restored"},
    }
    assert event_line(scene.told[-1], {}).endswith("✔ cordon:cmp1 settled by ada: the host is scrapped")
    with pytest.raises(UsageError, match="no open side effect"):
        scene.settle("cordon:cmp1")


def test_nobody_vouches_for_what_is_being_worked_on(scene: Scene) -> None:
    scene.book.starts("cmp1-upgrade")
    with pytest.raises(Refusal, match="cmp1-upgrade is at work there"):
        scene.settle("cordon:cmp1")
    with scene.office.store.hold("lab"), pytest.raises(Refusal) as refused:
        scene.settle("cordon:cmp1")
    assert refused.value.code == "run.cloud_busy"
    assert scene.effect.state == "made"


def test_other_runs_of_the_cloud_that_have_left_something_are_known(scene: Scene) -> None:
    other = Ledger.opened(scene.office, a_rollout(1, actions=AROUND))
    assert ledgering.elsewhere(other.run, scene.office.store) == (scene.book.run.id,)
    scene.put_back()
    assert ledgering.elsewhere(other.run, scene.office.store) == ()


def test_where_a_run_stands_tells_what_is_left_of_it(scene: Scene) -> None:
    run = scene.office.store.run(scene.book.run.id)
    command = f"stairlift ledger {run.id} --restore cordon:cmp1"
    standing = scene.office.archive.standing(run)
    assert _left(standing) == ["fenced    cordon:cmp1"]
    assert any(line.endswith(f"to put it back: {command}") for line in status_lines(standing, scene.book.at))
    runs_own = replace(scene.effect, id="around:alerts", step="")
    assert _left(replace(standing, fenced=(runs_own,))) == ["left      around:alerts"], "that is no host"
    (fenced,) = status_document(standing)["fenced"]
    assert (fenced["id"], fenced["state"], fenced["command"]) == ("cordon:cmp1", "made", command)
    scene.put_back()
    assert "fenced" not in status_document(scene.office.archive.standing(run))


def _left(standing: Standing) -> list[str]:
    return [line.partition(" since ")[0].strip() for line in fenced_lines(standing.run, standing.fenced)]
