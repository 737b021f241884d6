"""What becomes of side effects."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stairlift.model.effect import Effect
from stairlift.model.run import Change
from stairlift.run.transitions import remark


def intending(effects: Sequence[Effect], now: datetime) -> Change:
    """What surrounds the run is about to be begun."""
    return Change("effect.intended", now, effects=tuple(effects))


def surrounded(effect: Effect, now: datetime) -> Change:
    """What surrounds the run is so from here on: made by us, or foreign, and then it stays."""
    if effect.state == "foreign":
        return Change("effect.foreign", now, effects=(replace(effect, ended_at=now, note=""),))
    return Change("effect.made", now, effects=(replace(effect, note=""),))


def not_made(effect: Effect, why: str, now: datetime) -> Change:
    """What was to surround the run could not be begun."""
    return Change("effect.not-made", now, effects=(replace(effect, note=why),), data=remark(reason=why))


def put_back(effect: Effect, now: datetime, *, actor: str = "") -> Change:
    """A side effect is no more; `actor` is who wanted that, if it was not the run."""
    restored = replace(effect, state="restored", ended_at=now, note="")
    return Change("effect.restored", now, effects=(restored,), data=remark(actor=actor))


def left(effect: Effect, why: str, now: datetime) -> Change:
    """A side effect could not be put back."""
    return Change("effect.left", now, effects=(replace(effect, note=why),), data=remark(reason=why))


def settled(effect: Effect, words: str, actor: str, now: datetime) -> Change:
    """Somebody vouches that nothing is left of a side effect which the run cannot put back."""
    gone = replace(effect, state="restored", ended_at=now, note=f"as {actor} said: {words}")
    return Change("effect.settled", now, effects=(gone,), data=remark(actor=actor, reason=words))


def handed_over(effects: Sequence[Effect], to: str, now: datetime) -> Change:
    """Another run sees to these side effects."""
    note = f"run {to} has it"
    gone = tuple(replace(effect, state="handed-over", ended_at=now, note=note) for effect in effects)
    return Change("effect.handed-over", now, effects=gone, data={"run": to})


def taken_over(effects: Sequence[Effect], origin: str, now: datetime) -> Change:
    """Side effects that an earlier run has left, in whose place this one comes."""
    return Change("effect.taken-over", now, effects=tuple(effects), data={"run": origin})


def fenced(effect: Effect, why: str, now: datetime) -> Change:
    """A side effect stays until a person has looked."""
    return Change("effect.kept", now, effects=(replace(effect, state="kept", note=why),), data=remark(reason=why))
