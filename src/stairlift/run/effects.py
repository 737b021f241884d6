"""What becomes of side effects: on record before an attempt, told by its verdict, put back or kept when a run rests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stairlift.model.effect import AROUND, Effect, EffectState, Intention
from stairlift.model.plan import Action, Step
from stairlift.model.run import SETTLED, StepState, StepStatus
from stairlift.run.graph import Graph

#: What is done around the work on a host, and of what a unit must not be taken for begun.
FENCING: frozenset[Action] = frozenset({"cordon", "drain", "uncordon"})
#: In these nothing is left of what a step has done to its hosts.
_UNTOUCHED = frozenset({StepState.UNDONE})
_ENDS: frozenset[EffectState] = frozenset({"foreign", "restored"})


def intended(
    known: Mapping[str, Effect], intentions: Iterable[Intention], step: Step, now: datetime
) -> tuple[Effect, ...]:
    """The rows that go on record with an attempt that starts. One that is open stays as it began."""
    new = (i for i in intentions if i.id not in known or not known[i.id].open)
    return tuple(
        Effect(i.id, i.kind, i.subject, step.id, step.strategy or "", "intended", now, i.details)
        for i in {intention.id: intention for intention in new}.values()
    )


def of_the_run(
    known: Iterable[Effect], intentions: Iterable[Intention], now: datetime, *, binding: str = ""
) -> tuple[Effect, ...]:
    """The rows of what no step makes but the run itself. One that is open stays as it began.

    `binding` knows how to put them back; where it is not given each has its own, by its id.
    """
    there = {effect.id for effect in known if effect.open}
    new = (intention for intention in intentions if intention.id not in there)
    return tuple(Effect(i.id, i.kind, i.subject, "", binding or i.id, "intended", now, i.details) for i in new)


def innermost_first(effects: Sequence[Effect]) -> tuple[tuple[Effect, ...], ...]:
    """What may be put back side by side, group by group: last what surrounds the run, in the reverse of its order.

    So an alert that a host sets off on its way back is silenced still.
    """
    inner = tuple(effect for effect in effects if effect.kind != AROUND)
    outer = (effect for effect in effects if effect.kind == AROUND)
    return (inner, *((e,) for e in sorted(outer, key=lambda e: int(e.details.get("place", 0)), reverse=True)))


def moved_here(others: Iterable[Effect], intentions: Iterable[Intention], step: Step) -> tuple[Effect, ...]:
    """The open rows of other units that an attempt is about to make anew: from now on they are its unit's.

    A step that was skipped has left them, or an earlier run. When they began, and as what, is as it was.
    """
    wanted = {intention.id for intention in intentions}
    moved = (replace(e, step=step.id, binding=step.strategy or "") for e in others if e.open and e.id in wanted)
    return tuple(replace(effect, state="made", note="") if effect.state == "kept" else effect for effect in moved)


def taken_up(mine: Iterable[Effect]) -> tuple[Effect, ...]:
    """The rows of a unit that goes on after it was kept as it was."""
    return tuple(replace(effect, state="made", note="") for effect in mine if effect.state == "kept")


def told(known: Mapping[str, Effect], states: Mapping[str, EffectState], now: datetime) -> tuple[Effect, ...]:
    """The rows that a verdict changes; of what is not on record it cannot say anything."""
    return tuple(
        replace(known[name], state=state, ended_at=now if state in _ENDS else None, note="")
        for name, state in states.items()
        if name in known and known[name].state != state
    )


@dataclass(frozen=True, slots=True)
class AtRest:
    """What a run leaves behind: effects to put back, steps that must be done again, what is kept and why."""

    restore: tuple[Effect, ...] = ()
    reopen: tuple[str, ...] = ()
    keep: tuple[tuple[Effect, str], ...] = ()


def _how_it_is(state: StepState) -> str:
    """A step that was tried before, and not done."""
    return "was begun, and waits to be tried again" if state is StepState.PENDING else f"is {state}"


class Units:
    """How far the hosts of a plan are, unit by unit, for whoever wants to let users back on them."""

    def __init__(self, graph: Graph, statuses: Iterable[StepStatus]) -> None:
        self._graph = graph
        self._status = tuple(statuses)

    def at_rest(self, effects: Iterable[Effect], *, whole: bool = False) -> AtRest:
        """What becomes of open effects while nobody is at work. `whole`: a person wants all of them put back."""
        restore: list[Effect] = []
        keep: list[tuple[Effect, str]] = []
        reopen: dict[str, None] = {}
        for effect in effects:
            if not effect.open:
                continue
            why = self.unsafe(effect.step)
            if why and not whole:
                keep += [(effect, why)]
            else:
                restore += [effect]
                reopen |= dict.fromkeys(self._to_do_again(effect.step))
        return AtRest(tuple(restore), tuple(reopen), tuple(keep))

    def unsafe(self, step_id: str) -> str:
        """Why the host of a step must not be given work: the work on it has begun, and not ended well."""
        if step_id and step_id not in self._graph.number:
            return "its step is no part of this plan"
        work = [(s, status) for s, status in self._unit(step_id) if s.action not in FENCING]
        begun = [(s, status) for s, status in work if status.attempt and status.state not in _UNTOUCHED]
        left = [(s, status) for s, status in work if status.state not in SETTLED]
        if not begun or not left:
            return ""
        ill = next(((s, status) for s, status in begun if status.state not in SETTLED), None)
        if ill is not None:
            return f"{ill[0].id} {_how_it_is(ill[1].state)}"
        return f"{begun[0][0].id} is done, and {left[0][0].id} has not begun"

    def _to_do_again(self, step_id: str) -> list[str]:
        """The steps of the unit that fence it, where some of what they fence is still to be done."""
        unit = self._unit(step_id)
        if all(status.state in SETTLED for s, status in unit if s.action not in FENCING):
            return []
        fence = ((s, status) for s, status in unit if s.action in FENCING and s.action != "uncordon")
        return [s.id for s, status in fence if status.state is StepState.DONE]

    def _unit(self, step_id: str) -> Sequence[tuple[Step, StepStatus]]:
        number = self._graph.number.get(step_id)
        if number is None:
            return ()
        members = self._graph.units[self._graph.unit_of[number]]
        return [(self._graph.steps[other], self._status[other]) for other in members]
