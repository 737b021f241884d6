"""What surrounds a run: begun before anything changes, ended whenever it rests, whatever happens in between."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import pytest

from labs import Lab, play
from stairlift.drive.ledger import Ledger
from stairlift.drive.surrounding import Surrounding
from stairlift.model.cause import Cause
from stairlift.model.effect import Effect, EffectState, Intention
from stairlift.model.errors import StairliftError
from stairlift.model.run import RunState
from stairlift.run import Board, Finish, Start, changes, graph
from stairlift.testing.clouds import NOON
from stairlift.testing.doubles import ScriptedStrategy
from stairlift.testing.plans import a_binding, a_plan, a_step


class ScriptedSurroundings:
    """Begins and ends what it is told to, and keeps in which order; tests/e2e/test_surroundings.py has the real one.

    `silent` are those that cannot be begun, `foreign` those that are so already, `ended` those that somebody has ended and
    not said so; `stuck` keeps one from being begun.
    """

    name = "around"

    def __init__(self, *names: str) -> None:
        self.names = names
        self.told: list[str] = []
        self.silent: set[str] = set()
        self.foreign: set[str] = set()
        self.ended: set[str] = set()
        self.stuck: dict[str, asyncio.Event] = {}

    def intentions(self) -> tuple[Intention, ...]:
        return tuple(Intention("around", name, {"end": ["true"]}) for name in self.names)

    async def begin(self, effect: Effect) -> Effect:
        if effect.state == "made":
            return replace(effect, state="restored") if effect.subject in self.ended else effect
        self.told.append(f"begin {effect.subject} {effect.details['number']}")
        if effect.subject in self.stuck:
            await self.stuck[effect.subject].wait()
        if effect.subject in self.silent:
            raise StairliftError(code="around.not_begun", brief="no answer")
        state: EffectState = "foreign" if effect.subject in self.foreign else "made"
        return replace(effect, state=state, details={**effect.details, "begun": "it is so"})

    def effects(self, _assignment) -> tuple[Intention, ...]:
        return ()

    def restore(self, effect: Effect) -> str:
        self.told.append(f"end {effect.subject}")
        return "" if effect.subject not in self.silent or effect.state == "intended" else "no answer"


class AroundLab(Lab):
    """A lab whose run is surrounded; what is begun, worked and ended is told in one list."""

    def __init__(self, *names: str, steps: Sequence = (), **given) -> None:
        self.around = ScriptedSurroundings(*(names or ("alerts",)))
        plan = replace(
            a_plan(*(steps or (a_step("a"), a_step("b", needs=["a"])))), bindings=(a_binding(can_undo=True),)
        )
        super().__init__(plan, strategy=ScriptedStrategy({"undo": lambda step: ("undo", step.id)}), **given)

    async def _work(self, attempt, job):
        self.around.told.append(f"{'undo' if job.argv[0] == 'undo' else 'work'} {attempt.step}")
        return await super()._work(attempt, job)

    def tools(self, **changes):
        tools = super().tools(surroundings=self.around, **changes)
        ends = {f"around:{name}": self.around for name in self.around.names}
        return replace(tools, strategies={**tools.strategies, **ends})

    def ledger(self) -> dict[str, tuple[str, int]]:
        return {e.subject: (e.state, e.details["number"]) for e in self.store.effects(self.run.id)}

    async def until_told(self, words: str) -> None:
        await self.until(lambda: words in self.around.told)

    async def told_while(self, words: str, *commands: str):
        """An orchestrator that somebody speaks to once these words have been told."""
        run = asyncio.create_task(self.go())
        await self.until_told(words)
        for command in commands:
            self.tell(command)
        for event in self.around.stuck.values():
            event.set()
        return await run


def test_it_is_begun_in_order_before_anything_starts_and_ended_the_other_way_round() -> None:
    lab = AroundLab("alerts", "banner")
    assert play(lab.go()).state is RunState.DONE
    begun, ended = ["begin alerts 1", "begin banner 1"], ["end banner", "end alerts"]
    assert lab.around.told == [*begun, "work a", "work b", *ended]
    told = [(e.kind, e.data["effects"]) for e in lab.store.events(lab.run.id) if "effects" in e.data]
    assert told == [
        ("effect.intended", {"around:alerts": "intended", "around:banner": "intended"}),
        ("effect.made", {"around:alerts": "made"}),
        ("effect.made", {"around:banner": "made"}),
        ("effect.restored", {"around:banner": "restored"}),
        ("effect.restored", {"around:alerts": "restored"}),
    ]
    [alerts, _] = lab.store.effects(lab.run.id)
    assert (alerts.id, alerts.binding, alerts.step, alerts.details["begun"]) == (
        "around:alerts",
        "around:alerts",
        "",
        "it is so",
    )


def test_a_run_that_only_prepares_or_waits_for_approval_begins_nothing() -> None:
    ready = a_step("a", action="prepare", stage="prepare")
    lab = AroundLab(steps=(ready, a_step("ok", action="approve", needs=["a"]), a_step("b", needs=["ok"])))
    assert play(lab.go()).state is RunState.WAITING
    assert lab.around.told == ["work a"]
    lab.tell("approve", "ok")
    assert play(lab.go()).state is RunState.DONE
    assert lab.around.told[1:] == ["begin alerts 1", "work b", "end alerts"]


@pytest.mark.parametrize(("word", "state"), [("pause", RunState.PAUSED), ("cancel", RunState.CANCELLED)])
def test_a_run_does_not_rest_while_it_is_being_begun(word: str, state: RunState) -> None:
    lab = AroundLab("alerts", "banner")

    async def scene():
        lab.around.stuck["alerts"] = asyncio.Event()
        run = asyncio.create_task(lab.go())
        await lab.until_told("begin alerts 1")
        lab.tell(word)
        await lab.until(lambda: f"run.{'pausing' if word == 'pause' else 'cancelling'}" in lab.kinds())
        await lab.clock.sleep(5)
        assert not run.done()
        lab.around.stuck["alerts"].set()
        return await run

    assert play(scene()).state is state
    assert [words for words in lab.around.told if words.startswith(("begin", "work"))] == ["begin alerts 1"]
    assert lab.ledger() == {"alerts": ("restored", 1), "banner": ("restored", 1)}


def test_it_is_ended_at_a_pause_and_begun_anew_afterwards() -> None:
    lab = AroundLab(lasting=0.05)
    assert play(lab.told_while("work a", "pause")).state is RunState.PAUSED
    assert lab.ledger() == {"alerts": ("restored", 1)}
    assert play(lab.go()).state is RunState.DONE
    assert lab.around.told == ["begin alerts 1", "work a", "end alerts", "begin alerts 2", "work b", "end alerts"]


def test_where_it_cannot_be_begun_nothing_starts_and_what_was_begun_is_ended() -> None:
    lab = AroundLab("alerts", "banner")
    lab.around.silent = {"banner"}
    run = play(lab.go())
    assert (run.state, run.reason) == (RunState.PAUSED, "around.not_begun banner: no answer")
    assert Cause.of(run) is Cause.SURROUNDINGS
    assert lab.around.told == ["begin alerts 1", "begin banner 1", "end banner", "end alerts"]
    assert [kind for kind in lab.kinds() if kind in ("effect.not-made", "run.held")] == ["effect.not-made", "run.held"]
    lab.around.silent = set()
    assert play(lab.go()).state is RunState.DONE
    assert lab.ledger() == {"alerts": ("restored", 2), "banner": ("restored", 2)}


def test_what_is_in_flight_comes_to_its_end_where_it_cannot_be_begun_anew() -> None:
    lab = AroundLab(lasting=0.05, steps=(a_step("a"), a_step("b", needs=["a"])))

    async def scene():
        run = asyncio.create_task(lab.go())
        await lab.until_told("work a")
        lab.stop.set()
        await run
        [effect] = lab.store.effects(lab.run.id)
        with lab.store.hold("lab") as journal:  # somebody has put it back by hand meanwhile
            journal.commit(lab.run.id, [changes.put_back(effect, lab.clock.now())])
        lab.around.silent = {"alerts"}
        return await lab.go()

    assert play(scene()).state is RunState.PAUSED
    assert [str(lab.state(step)) for step in ("a", "b")] == ["done", "pending"]


def test_what_was_so_before_stays_and_is_looked_at_anew_each_time() -> None:
    lab = AroundLab(lasting=0.05)
    lab.around.foreign = {"alerts"}
    play(lab.told_while("work a", "pause"))
    assert lab.ledger() == {"alerts": ("foreign", 1)}
    lab.around.foreign = set()
    play(lab.go())
    assert lab.around.told == ["begin alerts 1", "work a", "begin alerts 2", "work b", "end alerts"]


def test_an_orchestrator_that_leaves_lets_it_be_and_the_next_goes_on_with_it() -> None:
    lab = AroundLab(lasting=0.05)

    async def scene():
        run = asyncio.create_task(lab.go())
        await lab.until_told("work a")
        lab.stop.set()
        await run
        assert lab.ledger() == {"alerts": ("made", 1)}
        return await lab.go()

    assert play(scene()).state is RunState.DONE
    assert lab.around.told == ["begin alerts 1", "work a", "work b", "end alerts"]


def test_what_was_ended_by_who_died_before_that_was_on_record_is_begun_anew() -> None:
    lab = AroundLab("alerts", "banner", lasting=0.05)

    async def scene():
        run = asyncio.create_task(lab.go())
        await lab.until_told("work a")
        lab.stop.set()
        await run
        lab.around.ended = {"alerts"}
        work = asyncio.create_task(lab.go())
        await lab.until_told("begin alerts 2")
        lab.around.ended = set()
        return await work

    assert play(scene()).state is RunState.DONE
    assert lab.around.told[2:] == ["work a", "begin alerts 2", "work b", "end banner", "end alerts"]
    assert lab.kinds().count("effect.restored") == 3


def test_who_takes_over_between_intended_and_made_begins_the_same_once_more() -> None:
    lab = AroundLab()

    async def scene():
        lab.around.stuck["alerts"] = asyncio.Event()
        run = asyncio.create_task(lab.go())
        await lab.until_told("begin alerts 1")
        lab.stop.set()
        await run
        assert lab.ledger() == {"alerts": ("intended", 1)}
        lab.around.stuck.clear()
        return await lab.go()

    assert play(scene()).state is RunState.DONE
    assert lab.around.told[:2] == ["begin alerts 1"] * 2, "by the same number, so that its attempt is found"


def test_a_run_is_taken_back_also_where_it_cannot_be_begun() -> None:
    lab = AroundLab(lasting=0.05)
    play(lab.told_while("work a", "pause"))
    lab.around.silent = {"alerts"}
    lab.tell("rollback")
    assert play(lab.go()).state is RunState.ROLLED_BACK
    assert "undo a" in lab.around.told
    assert "effect.not-made" in lab.kinds()


def test_what_cannot_be_ended_stays_made_and_is_not_begun_a_second_time() -> None:
    lab = AroundLab(lasting=0.05)

    async def scene():
        run = asyncio.create_task(lab.go())
        await lab.until_told("work a")
        lab.around.silent = {"alerts"}
        lab.tell("pause")
        return await run

    assert play(scene()).state is RunState.PAUSED
    [effect] = lab.store.effects(lab.run.id)
    assert (effect.state, effect.note) == ("made", "no answer")
    lab.around.silent = set()
    assert play(lab.go()).state is RunState.DONE
    assert lab.around.told == ["begin alerts 1", "work a", "end alerts", "work b", "end alerts"]


def test_what_could_be_neither_begun_nor_ended_stays_on_record_and_is_tried_as_what_it_is() -> None:
    lab = AroundLab()
    left = Effect(
        "around:alerts", "around", "alerts", "", "around:alerts", "intended", NOON, {"number": 3}, note="lost"
    )
    surrounding = Surrounding(lab.around, Ledger(Board(graph(lab.plan), ()), lab.tools(), [left]), lambda: None)
    assert surrounding.allowed([Start("a")]) == []
    assert surrounding.intended(NOON) == [], "another number would forget what may be left of this one"


@pytest.mark.parametrize("silent", [True, False])
def test_what_becomes_known_in_the_middle_of_a_turn_lets_nothing_start_before_it_is_told(silent: bool) -> None:
    """Whether it holds the run is asked before: a step that started then would start although it could not be begun."""
    lab = AroundLab()
    lab.around.silent = {"alerts"} if silent else set()

    async def scene() -> None:
        ledger, begun = Ledger(Board(graph(lab.plan), ()), lab.tools(), ()), []
        surrounding = Surrounding(lab.around, ledger, lambda: None)
        surrounding.allowed([Start("a")])
        [change] = surrounding.intended(NOON)
        ledger.take(change.effects)
        surrounding.go_on(begun.append)
        await begun.pop()
        assert surrounding.allowed([Start("a"), Finish(RunState.PAUSED, "")]) == []
        [change] = surrounding.told(NOON)
        assert change.kind == ("effect.not-made" if silent else "effect.made")
        assert surrounding.allowed([Start("a")]) == [Start("a")]

    play(scene())


def test_without_surroundings_nothing_waits() -> None:
    lab = Lab(a_plan(a_step("a")))
    assert play(lab.go()).state is RunState.DONE
    assert list(takewhile(lambda kind: not kind.startswith("effect"), lab.kinds())) == lab.kinds()
