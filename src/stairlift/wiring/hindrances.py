"""Why a run does not move: the board is laid out from the journal, the whole of it or as far as one step needs it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from stairlift.drive.gates.settings import gate_settings
from stairlift.drive.tools import Pace
from stairlift.model.cause import Cause
from stairlift.model.errors import UsageError
from stairlift.model.hindrance import Hindrance
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.model.run import SETTLED, AttemptId, Run, RunState, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.ports import Records
from stairlift.report.status import Standing
from stairlift.run import Board, graph
from stairlift.run.orders import Circumstances
from stairlift.run.retries import pause_before
from stairlift.run.why import first_in_line, why
from stairlift.wiring.archive import Queued

_NOT_BEGUN = (StepState.PENDING, StepState.WAITING)
#: As many steps that have not begun are looked at for the one that would be next.
_CANDIDATES = 20
#: At most so many steps are laid out for it, of those that they need so many are asked after, and so many that are
#: settled are kept: the last ones tell since when the others could begin.
_MOST, _ASKED, _SETTLED = 300, 10_000, 50
#: For a step that somebody asks about so many are. Of a plan with no more than these the whole board is laid out; so it
#: is of a run that is taken back, where a step waits for what was built on it.
_WHOLE = 2000
_BEGUN = frozenset(StepState) - SETTLED - {StepState.PENDING}


def unknown_step(run: Run, step: str) -> UsageError:
    """The run's plan has no such step."""
    return UsageError(
        code="run.unknown_step",
        brief=f"run {run.id} has no step {step!r}",
        resolution=f"`stairlift status {run.id} --steps` names them",
    )


def about(
    step: str, run: Run, records: Records, queued: Queued, *, near: bool = False
) -> tuple[Standing, tuple[Hindrance, ...]]:
    """What holds up a step of a run, worked out from what is on record. Raises UsageError (run.unknown_step).

    `near`: of a run of very many steps the standing may have those alone that this step needs, and those that have
    begun.
    """
    if not records.plan_steps(run.id, [step]):
        raise unknown_step(run, step)
    counts = records.counts(run.id) if near and run.intent != "rollback" else {}
    cut = sum(counts.values()) > _WHOLE
    plan, steps = _near(step, run, records) if cut else _whole(run, records)
    standing = Standing(
        run=run,
        plan=plan,
        steps=steps,
        orchestrator=records.orchestrator(run.cloud),
        told=records.commands(run.id, unsettled=True),
        counts=counts if cut else {},
    )
    found = why(_board(plan, steps, run), _around(standing, records, queued), step)
    return replace(standing, why=found), found


def _whole(run: Run, records: Records) -> tuple[Plan, tuple[StepStatus, ...]]:
    return from_document(records.plan(run.id)), records.steps(run.id)


def _near(step: str, run: Run, records: Records) -> tuple[Plan, tuple[StepStatus, ...]]:
    """A step with all that it needs, and whatever may be in its way: what has begun, and would be next."""
    found = {s.id: s for s in records.steps(run.id, [step])}
    documents = _with_needs(run.id, found, records, _WHOLE)
    others = {s.id: s for s in records.steps(run.id, states=_BEGUN, most=_MOST)}
    others |= {s.id: s for s in records.steps(run.id, states=_NOT_BEGUN, most=_CANDIDATES)}
    documents += _with_needs(run.id, others, records, _MOST)
    steps = records.steps(run.id, found | others)  # in the order of the plan
    kept = {document["id"]: document for document in documents}
    return _cut(records.plan_head(run.id), [kept[s.id] for s in steps]), steps


def at_work(found: Iterable[Hindrance]) -> frozenset[str]:
    """The steps of a chain that are at work."""
    return frozenset(step for h in found for step in (*([h.step] if h.kind == "working" else ()), *at_work(h.behind)))


def with_tasks(found: Iterable[Hindrance], tasks: Mapping[str, str]) -> tuple[Hindrance, ...]:
    """The chain, where a step that is at work tells what it is at: such as whom a drain waits for, and what helps."""
    return tuple(
        replace(
            h,
            said=tasks.get(h.step, h.said) if h.kind == "working" else h.said,
            behind=with_tasks(h.behind, tasks),
        )
        for h in found
    )


def in_line(standing: Standing, records: Records, queued: Queued) -> Standing:
    """With what holds up the step that would be next, and when those begin again that failed in passing.

    The board has only what matters to these: the rest of the plan is not read.
    """
    begun = (s for s in standing.steps if s.state is not StepState.PENDING and s.state not in SETTLED)
    statuses = {s.id: s for s in islice(begun, _MOST)}
    candidates = records.steps(standing.run.id, states=_NOT_BEGUN, most=_CANDIDATES)
    statuses |= {s.id: s for s in candidates}
    documents = _with_needs(standing.run.id, statuses, records, _MOST)
    plan = _cut(records.plan_head(standing.run.id), documents)
    board = _board(plan, statuses.values(), standing.run)
    step = first_in_line(board) if standing.run.intent == "go" else _stuck(standing)
    found = why(board, _around(standing, records, queued), step) if step else ()
    return replace(standing, why=found, again=_due(plan, standing.in_state(StepState.RETRYING)))


def _stuck(standing: Standing) -> str | None:
    """What a run that is on its way out has to wait for a person for."""
    return next((s.id for s in standing.in_state(StepState.UNDO_FAILED)), None)


def _with_needs(run_id: str, statuses: dict[str, StepStatus], records: Records, most: int) -> list[Mapping[str, Any]]:
    """The documents of these steps, and, added to both, what they need; of what is done nothing further.

    Nothing more is asked for once there are `most`.
    """
    documents = list(records.plan_steps(run_id, statuses))
    fresh = documents
    while fresh and len(statuses) < most:
        named = {other: None for step in fresh for other in (*step["needs"], *step["after"]) if other not in statuses}
        asked = records.steps(run_id, list(named)[:_ASKED]) if named else ()
        left = {s.id: s for s in asked if s.state is not StepState.DONE}
        more = dict(list(left.items())[:most]) | {s.id: s for s in asked[-_SETTLED:]}
        statuses |= more
        added = records.plan_steps(run_id, more) if more else ()
        documents += added
        fresh = [step for step in added if step["id"] in left]
    return documents


def _cut(head: Mapping[str, Any], documents: Iterable[Mapping[str, Any]]) -> Plan:
    """A plan of these steps alone, which wait for nothing but each other."""
    kept = {step["id"]: step for step in documents}
    steps = [
        {**step, "needs": _only(step["needs"], kept), "after": _only(step["after"], kept)} for step in kept.values()
    ]
    return from_document({**head, "steps": steps})


def _only(ids: Iterable[str], kept: Collection[str]) -> list[str]:
    return [step for step in ids if step in kept]


def _board(plan: Plan, statuses: Iterable[StepStatus], run: Run) -> Board:
    board = Board(graph(plan), statuses, approve_all=run.approve_all)
    board.confine(Scope.of(run))
    return board


def _around(standing: Standing, records: Records, queued: Queued) -> Circumstances:
    moves = standing.attended and standing.run.state is RunState.RUNNING and Cause.of(standing.run) is None
    newest = None if moves else records.latest(standing.run.id)
    at_work = islice(standing.in_state(StepState.RUNNING, StepState.UNDOING), _MOST)
    return Circumstances(
        run=standing.run,
        attended=standing.attended,
        other=(standing.orchestrator.run or "") if standing.orchestrator and not standing.attended else "",
        since=newest.at if newest else None,
        told={command.step: command.kind for command in standing.told},
        queued=queued([AttemptId(standing.run.id, s.id, s.attempt) for s in at_work]),
        patience=gate_settings(standing.run).within or Pace().verify,
    )


def _due(plan: Plan, retrying: Iterable[StepStatus]) -> dict[str, datetime]:
    return {
        s.id: s.worked_at + timedelta(seconds=pause_before(plan, max(1, s.retries))) for s in retrying if s.worked_at
    }
