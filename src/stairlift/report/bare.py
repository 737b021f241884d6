"""What is shown as lines or as a tree, as rows of a table: for scripts that cut columns out of it."""

from collections.abc import Iterable, Sequence

from stairlift.model.plan import Plan
from stairlift.model.run import Event
from stairlift.report.text import span, stamp

EVENT_COLUMNS = ("SEQ", "AT", "KIND", "STEP", "ATTEMPT", "BY", "REASON")
STEP_COLUMNS = ("STEP", "STAGE", "ACTION", "SERVICES", "HOSTS", "REVERSIBILITY", "STRATEGY", "REASON")


def event_rows(events: Iterable[Event]) -> Sequence[tuple[object, ...]]:
    """One row for each event."""
    return [
        (
            e.seq,
            stamp(e.at),
            e.kind,
            e.step,
            e.attempt,
            e.data.get("actor"),
            e.data.get("reason") or e.data.get("answer"),
        )
        for e in events
    ]


def plan_rows(plan: Plan) -> Sequence[tuple[object, ...]]:
    """One row for each step, in the order of the plan."""
    return [
        (s.id, s.stage, s.action, span(s.services), span(s.hosts), s.reversibility, s.strategy, s.reason)
        for s in plan.steps
    ]
