"""The ledger of a run's side effects, in words: what was changed beside the upgrade, and what of it is left."""

from collections.abc import Sequence
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.run import Run
from stairlift.report.text import clock, day, stamp

COLUMNS = ("EFFECT", "STATE", "SINCE", "STEP", "NOTE")
SCHEMA = "stairlift.ledger/1"
#: So many are named one by one where a run's standing is told.
_SHOWN = 5


def ledger_rows(effects: Sequence[Effect]) -> list[tuple[str, ...]]:
    """A line for each."""
    return [(e.id, e.state, day(e.ended_at or e.at), e.step, e.note) for e in effects]


def ledger_document(run: Run, effects: Sequence[Effect]) -> dict[str, Any]:
    """For programs."""
    return {
        "schema": SCHEMA,
        "run": run.id,
        "cloud": run.cloud,
        "state": str(run.state),
        "effects": [_document(effect) for effect in effects],
    }


def _document(effect: Effect) -> dict[str, Any]:
    return {
        "id": effect.id,
        "kind": effect.kind,
        "subject": effect.subject,
        "step": effect.step,
        "state": effect.state,
        "open": effect.open,
        "since": stamp(effect.at),
        "ended_at": stamp(effect.ended_at),
        "note": effect.note,
    }


def fenced_documents(run: Run, effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """What is left of them, each with the command that puts it back."""
    return [
        {
            "id": e.id,
            "state": e.state,
            "step": e.step,
            "since": stamp(e.at),
            "note": e.note,
            "command": restoring(run, e),
        }
        for e in effects
    ]


def fenced_lines(run: Run, effects: Sequence[Effect]) -> list[str]:
    """The same for people."""
    more = len(effects) - _SHOWN
    lines = [_line(run, effect) for effect in effects[:_SHOWN]]
    return [*lines, *([f"  ... and {more} more: stairlift ledger {run.id}"] if more > 0 else [])]


def _line(run: Run, effect: Effect) -> str:
    why = f": {effect.note}" if effect.note else ""
    word = "fenced" if effect.step else "left"  # what the run itself has made fences no host
    return f"  {word:<9} {effect.id} since {clock(effect.at)}{why}; to put it back: {restoring(run, effect)}"


def restoring(run: Run, effect: Effect) -> str:
    """The command that puts an effect back."""
    return f"stairlift ledger {run.id} --restore {effect.id}"
