"""Why a step does not move: what holds it up, down to what somebody can do about it.

The answer is worked out from where the steps stand, as `decide` does it, and is never kept: so it cannot be old.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from stairlift.model.hindrance import Hindrance, Kind
from stairlift.model.plan import Step
from stairlift.model.run import FINAL_RUN_STATES, SETTLED, UNWELL, RunState, StepState, StepStatus
from stairlift.run import occupants
from stairlift.run.board import Board
from stairlift.run.budgets import Overspent
from stairlift.run.occupants import Occupant
from stairlift.run.orders import Circumstances, Orders, on_record
from stairlift.run.retries import pause_before
from stairlift.run.transitions import needs_approval, skippable
from stairlift.run.way_back import WayBackOf

#: Of many steps that hold one up, so many are followed further.
FOLLOWED = 3
#: Runs whose steps wait for an orchestrator before all else; the others ask something of a person first.
_FOR_NOBODY = frozenset({RunState.PENDING, RunState.RUNNING, RunState.PAUSED, RunState.ROLLING_BACK})
_AT_WORK = frozenset({StepState.RUNNING, StepState.UNDOING})
#: Those in front are the first that somebody should look at.
_URGENT = (*sorted(UNWELL), StepState.WAITING, StepState.RETRYING)


def why(board: Board, around: Circumstances, step_id: str) -> tuple[Hindrance, ...]:
    """What holds a step up, the most important first; nothing of one that is done, skipped or taken back."""
    state = board.status(step_id).state
    inquiry = _Inquiry(board, around)
    if inquiry.is_to_go_back(step_id):
        return inquiry.about(step_id)
    return () if state in SETTLED or state is StepState.UNDONE else inquiry.about(step_id)


def first_in_line(board: Board) -> str | None:
    """The step that would be the next to begin: the first in the plan that has not, and that nothing failed for."""
    waiting = (s.id for s in board.statuses() if s.state in (StepState.PENDING, StepState.WAITING))
    left = list(waiting)
    return next((step for step in left if not board.set_aside(step)), left[0] if left else None)


class _Inquiry:
    """One question. What holds up several steps of the chain is followed once."""

    def __init__(self, board: Board, around: Circumstances) -> None:
        self._board = board
        self._around = around
        self._run = around.run
        self._orders = Orders(board, around)
        self._way_back = WayBackOf(board)
        self._followed: set[str] = set()

    def about(self, step_id: str) -> tuple[Hindrance, ...]:
        """What the run as a whole does to the step, and what is in its own way."""
        status = self._board.status(step_id)
        if status.state in _AT_WORK or status.state is StepState.VERIFYING:
            return (*self._of(step_id), *self._orders.unattended(step_id))
        if self.is_to_go_back(step_id):
            return (*(self._orders.rest(step_id) or self._orders.unattended(step_id)), *self._of(step_id))
        over = self._orders.over(step_id)
        if over:
            return (*over, *self._orders.unattended(step_id)) if self._run.state not in FINAL_RUN_STATES else over
        orders = self._spent(step_id)
        nobody = self._orders.rest(step_id) or self._orders.unattended(step_id)
        own = self._of(step_id)
        found = (*nobody, *orders, *own) if self._run.state in _FOR_NOBODY else (*orders, *own, *nobody)
        only_next = all(hindrance.kind == "next" for hindrance in found)
        return found if only_next else tuple(h for h in found if h.kind != "next")

    def is_to_go_back(self, step_id: str) -> bool:
        """Whether the run is on its way back, and has this step to take along."""
        leads_back = self._run.intent == "rollback" and self._run.state not in FINAL_RUN_STATES
        return leads_back and self._way_back.takes(step_id)

    def _spent(self, step_id: str) -> tuple[Hindrance, ...]:
        if self._board.status(step_id).state in UNWELL:
            return ()  # it says so itself
        return tuple(self._budget(step_id, spent) for spent in self._board.overspent())

    def _budget(self, step_id: str, spent: Overspent) -> Hindrance:
        blamed = [s.id for s in self._board.statuses() if s.state in UNWELL and self._counts_in(s.id, spent.key)]
        return Hindrance(
            kind="budget",
            step=step_id,
            by=tuple(blamed),
            since=_latest(self._board.status(blamed_one).ended_at for blamed_one in blamed),
            key=spent.key,
            wide=spent.allowed,
            hosts=spent.hosts,
            behind=self._follow(blamed),
        )

    def _counts_in(self, step_id: str, key: str) -> bool:
        budgets = self._board.step(step_id).budgets
        return key in budgets if key else not budgets

    # The step itself

    def _of(self, step_id: str) -> tuple[Hindrance, ...]:
        self._followed.add(step_id)
        status = self._board.status(step_id)
        if status.state not in (StepState.UNDOING, StepState.UNDO_FAILED) and self.is_to_go_back(step_id):
            return self._on_its_way_back(status)
        match status.state:
            case StepState.PENDING | StepState.WAITING:
                return self._not_begun(status)
            case StepState.RETRYING:
                return self._to_begin_again(status)
            case StepState.FAILED | StepState.UNKNOWN | StepState.UNDO_FAILED:
                return (self._unwell(status),)
            case StepState.RUNNING | StepState.VERIFYING | StepState.UNDOING:
                return (self._in_flight(status),)
        return self._waited_for(status) if status.state is StepState.SKIPPED else ()

    def _on_its_way_back(self, status: StepStatus) -> tuple[Hindrance, ...]:
        later = self._urgent_first(self._way_back.built_on(status.id))
        if later:
            return (Hindrance("undo", status.id, tuple(later), behind=self._follow(later)),)
        graph = self._board.graph
        return tuple(
            Hindrance("window", status.id, tuple(by), key=key, wide=graph.windows[key], behind=self._follow(by))
            for key, by in self._way_back.full_windows(status.id)
        ) or (Hindrance("next", status.id),)

    def _in_flight(self, status: StepStatus) -> Hindrance:
        if status.state is StepState.VERIFYING or (status.state is StepState.UNDOING and status.worked_at):
            return self._unheard(status)
        if status.id in self._around.queued:
            return self._untaken(status)
        said = "it is being taken back" if status.state is StepState.UNDOING else ""
        return Hindrance("working", status.id, since=status.started_at, said=said)

    def _untaken(self, status: StepStatus) -> Hindrance:
        said, queue = self._around.queued[status.id], self._board.step(status.id).queue
        if not said:
            return Hindrance("queue", status.id, since=status.started_at, key=queue)
        typed = (f"stairlift worker --queue {queue}",)
        return Hindrance(
            "queue", status.id, since=status.started_at, key=queue, said=said, who="operator", commands=typed
        )

    def _unheard(self, status: StepStatus) -> Hindrance:
        since = status.worked_at
        due = since + timedelta(seconds=self._around.patience) if since else None
        if status.reason:
            return Hindrance("gate", status.id, since=since, due=due, said=status.reason)
        parts = self._board.graph.plan.parts(self._board.step(status.id))
        return Hindrance("report", status.id, since=since, due=due, said=_few([f"{b} on {host}" for b, host in parts]))

    def _unwell(self, status: StepStatus) -> Hindrance:
        verbs = ["retry"]
        if status.state is not StepState.UNDO_FAILED and skippable(self._board.step(status.id)):
            verbs.append("skip")
        return self._orders.of_the_operator("failed", status.id, verbs, since=status.ended_at, said=status.reason)

    def _to_begin_again(self, status: StepStatus) -> tuple[Hindrance, ...]:
        now = (*self._orders.confined(status.id), self._again(status), *self._alone(status))
        return self._waited_for(status) or now

    def _again(self, status: StepStatus) -> Hindrance:
        pause = timedelta(seconds=pause_before(self._board.graph.plan, max(1, status.retries)))
        due = status.worked_at + pause if status.worked_at else None
        return Hindrance("pause", status.id, since=status.worked_at, due=due, said=status.reason)

    def _not_begun(self, status: StepStatus) -> tuple[Hindrance, ...]:
        step = self._board.step(status.id)
        asks = (*self._orders.confined(step.id), *self._approval(status))
        before = self._waited_for(status)
        if before:
            return (*before, *asks)
        return (*asks, *self._no_room(status)) or (Hindrance("next", step.id),)

    def _before(self, step: Step) -> tuple[Hindrance, ...]:
        """What a step waits for, also one that was skipped before its turn: so does what comes behind it."""
        needs = [n for n in step.needs if not self._board.through(n)]
        turns = [n for n in step.after if n not in needs and not self._board.ended(n)]
        return (*self._behind("need", step, needs), *self._behind("turn", step, turns))

    def _waited_for(self, status: StepStatus) -> tuple[Hindrance, ...]:
        """Once it has begun nothing holds it up but what it needs and has to be done again."""
        step = self._board.step(status.id)
        if not status.attempt:
            return self._before(step)
        again = [n for n in step.needs if self._board.status(n).attempt and not self._board.through(n)]
        return self._behind("need", step, again)

    def _behind(self, kind: Kind, step: Step, blockers: list[str]) -> tuple[Hindrance, ...]:
        if not blockers:
            return ()
        ordered = self._urgent_first(blockers)
        return (Hindrance(kind, step.id, tuple(ordered), self._ready_since(step), behind=self._follow(ordered)),)

    def _approval(self, status: StepStatus) -> tuple[Hindrance, ...]:
        step = self._board.step(status.id)
        if not needs_approval(step) or status.approved or self._run.approve_all:
            return ()
        told = self._around.told.get(step.id, "")
        since = self._ready_since(step) if status.state is StepState.WAITING else None
        typed = () if told else (self._orders.typed("approve", step.id),)
        said = on_record(told) or step.reason
        return (Hindrance("approval", step.id, since=since, said=said, who="approver", commands=typed),)

    def _no_room(self, status: StepStatus) -> tuple[Hindrance, ...]:
        number = self._board.graph.number[status.id]
        unit = self._board.graph.unit_of[number]
        if self._board.units.is_open(unit):
            return self._alone(status)
        found = [
            self._window(status, key)
            for key, hosts in self._board.graph.unit_places[unit]
            if self._board.windows.room(key) < hosts
        ]
        return (*found, *self._alone(status))

    def _window(self, status: StepStatus, key: str) -> Hindrance:
        holders = occupants.of_window(self._board, key)
        hosts = tuple(sorted({host for holder in holders for host in holder.hosts}))
        return self._taken("window", status, holders, key=key, wide=self._board.graph.windows[key], hosts=hosts)

    def _alone(self, status: StepStatus) -> tuple[Hindrance, ...]:
        graph = self._board.graph
        key = graph.exclusive[graph.number[status.id]]
        if not key or self._board.windows.room(key) > 0:
            return ()
        holders = [h for h in occupants.of_binding(self._board, key) if h.step != status.id]
        return (self._taken("alone", status, holders, key=self._board.step(status.id).strategy or "", wide=1),)

    def _taken(
        self,
        kind: Kind,
        status: StepStatus,
        holders: Iterable[Occupant],
        *,
        key: str,
        wide: int,
        hosts: tuple[str, ...] = (),
    ) -> Hindrance:
        """Since when: the last place was taken, or this step could have had it."""
        since = {holder.step: holder.since for holder in holders}
        ordered = self._urgent_first(since)
        times = [self._ready_since(self._board.step(status.id)), *since.values()]
        behind = self._follow(ordered)
        return Hindrance(kind, status.id, tuple(ordered), _latest(times), None, key, wide, hosts, behind=behind)

    # What it stands on

    def _follow(self, steps: Iterable[str]) -> tuple[Hindrance, ...]:
        """Why the first few of these are not through, those left out that were followed before."""
        fresh = [step for step in steps if step not in self._followed][:FOLLOWED]
        self._followed.update(fresh)
        return tuple(hindrance for step in fresh for hindrance in self._of(step))

    def _urgent_first(self, steps: Iterable[str]) -> list[str]:
        """Those that need somebody first, then those that are at work, then those that only wait in turn."""

        def rank(step_id: str) -> int:
            status = self._board.status(step_id)
            if status.state in _URGENT:
                return _URGENT.index(status.state)
            return len(_URGENT) + (status.state is StepState.PENDING)

        return sorted(steps, key=rank)

    def _ready_since(self, step: Step) -> datetime | None:
        """When the last of what it had to wait for came to its end, as far as it has."""
        ended = [self._board.status(other).ended_at for other in (*step.needs, *step.after)]
        return _latest(ended) or self._run.started_at


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at), default=None)


def _few(names: list[str]) -> str:
    return ", ".join(names[:FOLLOWED]) + (f" and {len(names) - FOLLOWED} more" if len(names) > FOLLOWED else "")
