"""The ledger of side effects by hand: shown at any time, put back where nobody orchestrates."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from stairlift.drive.ledger import Ledger
from stairlift.drive.restoring import put_back_those
from stairlift.drive.tools import Pace, Tools
from stairlift.model.effect import AROUND, Effect
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Plan
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Event, Run
from stairlift.ports import Journal, Records
from stairlift.run import Board, changes, graph
from stairlift.run.effects import AtRest, Units
from stairlift.wiring.office import Office
from stairlift.wiring.putting_back import who_puts_back
from stairlift.wiring.system_clock import SystemClock


def elsewhere(run: Run, records: Records) -> tuple[str, ...]:
    """The other runs of the same cloud that have left something."""
    others = (other.id for other in records.runs(run.cloud) if other.id != run.id)
    return tuple(name for name in others if any(effect.open for effect in records.effects(name)))


def put_back(
    run: Run, office: Office, wanted: Collection[str], actor: str, on_event: Callable[[Event], None]
) -> tuple[Effect, ...]:
    """Put back these effects, or all that are open; those that could not be. Kept ones as well: a person has looked.

    Raises Refusal (run.cloud_busy) where somebody orchestrates the cloud, (ledger.in_flight) where a step on that host
    is at work, and UsageError (ledger.unknown) for an id that is not open in this run.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        tools = Tools(
            office.store,
            office.executor_for(plan),
            who_puts_back(plan, run, office),
            SystemClock(),
            on_event=on_event,
            pace=Pace.for_lease(office.lease_ttl),
        )
        chosen = _chosen(run, office, wanted)
        asyncio.run(_carried_out(journal, run, tools, (plan, chosen, actor)))
    names = {effect.id for effect in chosen}
    return tuple(e for e in office.store.effects(run.id) if e.id in names and e.open)


def settle(
    run: Run, office: Office, wanted: Collection[str], *, actor: str, reason: str, on_event: Callable[[Event], None]
) -> None:
    """Put on record that nothing is left of these, since a person says so; nothing is done to the cloud.

    For what the run cannot put back. What these fenced is fenced anew before its upgrade goes on. Raises as `put_back`.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        board = Board(graph(plan), office.store.steps(run.id))
        chosen = _chosen(run, office, wanted)
        _demand_rest(board, chosen)
        now, why = SystemClock().now(), f"{actor} says of {', '.join(wanted)} that nothing is left: {reason}"
        again = (changes.reopened(board.status(step), why, now) for step in _at_rest(board, run, chosen).reopen)
        made = [*again, *(changes.settled(effect, reason, actor, now) for effect in chosen)]
        for event in journal.commit(run.id, made):
            on_event(event)


def demand_word(effects: Sequence[str], reason: str, *, settle: bool, restore: bool) -> None:
    """Raises UsageError where it is not said of what, or why, nothing is left: all that is open is never meant."""
    if (settle and not restore and effects and reason) or not (settle or reason):
        return
    raise UsageError(
        code="ledger.settle",
        brief="--settle goes with --reason and the ids of side effects, and not with --restore",
        resolution="stairlift ledger RUN KIND:SUBJECT --settle --reason 'how you know that nothing of it is left'",
    )


def left_over(run: Run, left: Sequence[Effect]) -> Refusal:
    """What is said of effects that could not be put back."""
    return Refusal(
        code="ledger.left",
        brief=f"{len(left)} of the side effects of run {run.id} could not be put back",
        details="; ".join(f"{effect.id}: {effect.note}" for effect in left),
        resolution=f"See to what is named, then `stairlift ledger {run.id} --restore` again. "
        f"Where you have put it back yourself: `stairlift ledger {run.id} {left[0].id} --settle --reason TEXT`.",
    )


def _chosen(run: Run, office: Office, wanted: Collection[str]) -> list[Effect]:
    known = [effect for effect in office.store.effects(run.id) if effect.open]
    unknown = sorted(set(wanted) - {effect.id for effect in known})
    if unknown:
        raise UsageError(
            code="ledger.unknown",
            brief=f"run {run.id} has no open side effect {unknown[0]!r}",
            resolution=f"`stairlift ledger {run.id}` names them.",
        )
    return [effect for effect in known if not wanted or effect.id in wanted]


async def _carried_out(journal: Journal, run: Run, tools: Tools, what: tuple[Plan, Sequence[Effect], str]) -> None:
    plan, chosen, actor = what
    board = Board(graph(plan), tools.store.steps(run.id))
    ledger = Ledger(board, tools, tools.store.effects(run.id))
    _demand_rest(board, chosen)
    async for made in put_back_those(_at_rest(board, run, chosen), ledger, tools, actor):
        if made:
            tools.tell(journal.commit(run.id, made))
        else:
            journal.renew()


def _at_rest(board: Board, run: Run, chosen: Sequence[Effect]) -> AtRest:
    """Of a run that is over nothing is done again."""
    found = Units(board.graph, board.statuses()).at_rest(chosen, whole=True)
    return replace(found, reopen=()) if run.state in FINAL_RUN_STATES else found


def _demand_rest(board: Board, chosen: Sequence[Effect]) -> None:
    """Nobody is let back where an attempt is at work, orchestrated or not; what surrounds it stays as well."""
    number, unit_of = board.graph.number, board.graph.unit_of
    units = {unit_of[number[effect.step]] for effect in chosen if effect.step in number}
    every = any(effect.kind == AROUND for effect in chosen)
    flying = [s.id for s in board.statuses() if s.state in IN_FLIGHT]
    busy = [step for step in flying if every or unit_of[number[step]] in units]
    if busy:
        raise Refusal(
            code="ledger.in_flight",
            brief=f"{busy[0]} is at work there, although nobody orchestrates it",
            resolution="`stairlift resume` adopts it, or `stairlift cancel --now` ends it; both put back what is left",
        )
