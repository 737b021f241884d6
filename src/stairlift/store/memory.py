"""The journal's twin in memory, with the same promises for as long as the process lives. For tests and try-outs."""

import os
import socket
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from stairlift.model.effect import Effect
from stairlift.model.run import (
    FINAL_RUN_STATES,
    IN_FLIGHT,
    Attempt,
    AttemptId,
    AttemptResult,
    Change,
    Command,
    EndedAttempt,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
    created_data,
)
from stairlift.store import refusals
from stairlift.store.alike import sort_of
from stairlift.store.paging import is_of

_One = TypeVar("_One")
#: So many runs before a run tell how long its steps may take.
_RUNS = 5


@dataclass
class _Record:
    """One run and all that is known of it."""

    run: Run
    plan: Mapping[str, Any]
    steps: dict[str, StepStatus]
    attempts: dict[AttemptId, Attempt] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    commands: dict[str, Command] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)


class MemoryStore:
    """Runs by id; `hold` hands out one journal per cloud."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._holders: dict[str, MemoryJournal] = {}

    @contextmanager
    def hold(self, cloud: str) -> Iterator["MemoryJournal"]:
        """Take the lease of a cloud."""
        if cloud in self._holders:
            raise refusals.busy(self.orchestrator(cloud))
        journal = self._holders[cloud] = MemoryJournal(self._records, cloud)
        try:
            yield journal
        finally:
            journal.close()
            if self._holders.get(cloud) is journal:
                del self._holders[cloud]

    def usurp(self, cloud: str) -> None:
        """Take the lease away from its holder, as another machine would after a silence."""
        self._holders.pop(cloud).close()

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud."""
        journal = self._holders.get(cloud)
        return Orchestrator(cloud, socket.gethostname(), os.getpid(), journal.run_id) if journal else None

    def runs(
        self,
        cloud: str | None = None,
        *,
        states: Collection[RunState] = (),
        behind: str | None = None,
        most: int | None = None,
    ) -> tuple[Run, ...]:
        """All runs, the newest first, or some of them."""
        all_of = sorted((r.run for r in self._records.values()), key=lambda run: (run.created_at, run.id), reverse=True)
        left = all_of if behind is None else _rest(all_of, behind, lambda run: run.id)
        mine = (r for r in left if cloud in (None, r.cloud) and (not states or r.state in states))
        return tuple(islice(mine, most))

    def unfinished(self) -> tuple[Run, ...]:
        """Runs that are not over for good, the newest first."""
        return tuple(run for run in self.runs() if run.state not in FINAL_RUN_STATES)

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        ended = {*FINAL_RUN_STATES, RunState.FAILED}
        return next((run for run in self.runs(cloud) if run.state not in ended), None)

    def newest(self, cloud: str | None = None) -> Run | None:
        """The newest run."""
        return next(iter(self.runs(cloud)), None)

    def run(self, run_id: str) -> Run:
        """One run by its id."""
        return self._record(run_id).run

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan."""
        return self._record(run_id).plan

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        return Counter(status.state for status in self.steps(run_id))

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan, with the number of its steps in their place."""
        document = self.plan(run_id)
        return {key: len(value) if key == "steps" else value for key, value in document.items()}

    def each_plan_step(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        """The documents of all steps."""
        return iter(self.plan(run_id).get("steps", ()))

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps."""
        return tuple(step for step in self.plan(run_id).get("steps", ()) if step["id"] in ids)

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        """Where each step stands, or these."""
        found = self._records.get(run_id)
        mine = found.steps.values() if found else ()
        those = (s for s in mine if (ids is None or s.id in ids) and (not states or s.state in states))
        return tuple(islice(those, most))

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took."""
        mine = self._record(run_id)
        steps = mine.plan.get("steps", ())
        me = next((n for n, one in enumerate(steps) if one["id"] == step), None)
        if me is None:
            return ()
        before = [run for run in self.runs(mine.run.cloud) if run.created_at < mine.run.created_at][:_RUNS]
        found = list(_took(mine, sort_of(steps[me]), me))
        for run in before:
            found += _took(self._records[run.id], sort_of(steps[me]), None)
        return tuple(found[:most])

    def lengths(self, cloud: str, most: int, before: datetime | None = None) -> Mapping[str, tuple[timedelta, ...]]:
        """By sort, how long steps of a cloud took that are done."""
        found: dict[str, list[tuple[datetime, timedelta]]] = {}
        for run in [run for run in self.runs(cloud) if before is None or run.created_at < before][:_RUNS]:
            for sort, began, length in _lengths(self._records[run.id]):
                found.setdefault(sort, []).append((began, length))
        return {sort: tuple(length for _, length in sorted(mine, reverse=True)[:most]) for sort, mine in found.items()}

    def ended(self, run_id: str) -> tuple[EndedAttempt, ...]:
        """Every attempt of a run whose work has ended."""
        found = self._records.get(run_id)
        sorts = _sorts(found) if found else {}
        closed = ((a, a.result, a.ended_at) for a in found.attempts.values()) if found else ()
        return tuple(
            EndedAttempt(sorts[a.id.step], result, over - a.started_at, a.undo)
            for a, result, over in closed
            if result and over and a.id.step in sorts
        )

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        found = self._records.get(run_id)
        return found.events[-1] if found and found.events else None

    def step_page(
        self,
        run_id: str,
        *,
        states: Collection[StepState] = (),
        stage: str | None = None,
        host: str | None = None,
        behind: str | None = None,
        most: int = 100,
    ) -> tuple[tuple[StepStatus, Mapping[str, Any]], ...]:
        """Where steps stand, with their documents."""
        record = self._record(run_id)
        steps = record.plan.get("steps", ())
        left = steps if behind is None else _rest(steps, behind, lambda step: step["id"])
        found = ((record.steps[step["id"]], step) for step in left if is_of(step, stage, host))
        return tuple(islice((one for one in found if not states or one[0].state in states), most))

    def attempts(
        self,
        run_id: str,
        step: str | None = None,
        *,
        results: Collection[AttemptResult] = (),
        behind: AttemptId | None = None,
        newest_first: bool = False,
        most: int | None = None,
    ) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began, or some of them."""
        found = self._records.get(run_id)
        order = sorted(found.attempts.values() if found else (), key=_beginning, reverse=newest_first)
        left = order if behind is None else _rest(order, behind, lambda attempt: attempt.id)
        mine = (a for a in left if step in (None, a.id.step) and (not results or a.result in results))
        return tuple(islice(mine, most))

    def attempts_of(self, run_id: str, steps: Collection[str]) -> tuple[Attempt, ...]:
        """Every attempt at these steps."""
        return tuple(attempt for attempt in self.attempts(run_id) if attempt.id.step in steps)

    def events(
        self,
        run_id: str,
        after: int = 0,
        limit: int | None = None,
        *,
        step: str | None = None,
        kinds: Collection[str] = (),
    ) -> tuple[Event, ...]:
        """The events behind number `after`: all, or those of a step, of some kinds."""
        found = self._records.get(run_id)
        behind = found.events[after:] if found else []
        mine = (e for e in behind if step in (None, e.step) and (not kinds or e.kind in kinds))
        return tuple(islice(mine, limit))

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects."""
        those = (r for r in self._records.values() if run_id in (None, r.run.id) and cloud in (None, r.run.cloud))
        mine = [(effect.at, record.run.id, effect.id, effect) for record in those for effect in record.effects.values()]
        return tuple(effect for *_, effect in sorted(mine, key=lambda entry: entry[:3]))

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run."""
        found = self._records.get(run_id)
        mine = [c for c in found.commands.values() if not (unsettled and c.result)] if found else []
        return tuple(sorted(mine, key=lambda c: (c.at, c.id)))

    def tell(self, command: Command) -> Command:
        """Put a command on record, once."""
        for record in self._records.values():
            if command.id in record.commands:
                return refusals.same_command(command, record.commands[command.id])
        self._record(command.run).commands[command.id] = command
        return command

    def close(self) -> None:
        """There is nothing to close; the records stay as long as the store does."""

    def _record(self, run_id: str) -> _Record:
        if run_id not in self._records:
            raise refusals.unknown_run(run_id)
        return self._records[run_id]


def _beginning(attempt: Attempt) -> tuple[datetime, str, int]:
    return attempt.started_at, attempt.id.step, attempt.id.number


def _rest(those: Sequence[_One], marker: Any, name: Callable[[_One], Any]) -> Sequence[_One]:
    """What comes behind the one of this name."""
    place = next((number for number, one in enumerate(those) if name(one) == marker), None)
    if place is None:
        raise refusals.unknown_marker(f"{marker.step}/{marker.number}" if isinstance(marker, AttemptId) else marker)
    return those[place + 1 :]


def _took(record: _Record, sort: str, before: int | None) -> Iterator[timedelta]:
    """The newest first, which are those that come last in the plan."""
    for step in reversed(list(record.plan.get("steps", ()))[:before]):
        mine = (a for a in record.attempts.values() if a.id.step == step["id"] and sort_of(step) == sort)
        yield from (a.ended_at - a.started_at for a in mine if a.result == "done" and a.ended_at and not a.undo)


def _sorts(record: _Record) -> Mapping[str, str]:
    return {step["id"]: sort_of(step) for step in record.plan.get("steps", ())}


def _lengths(record: _Record) -> Iterator[tuple[str, datetime, timedelta]]:
    """Sort, beginning and length of each step that is done."""
    sorts = _sorts(record)
    for status in record.steps.values():
        mine = record.attempts.get(AttemptId(record.run.id, status.id, status.attempt))
        if status.state is StepState.DONE and status.ended_at and mine and not mine.undo and status.id in sorts:
            yield sorts[status.id], mine.started_at, status.ended_at - mine.started_at


class MemoryJournal:
    """The one writer of a cloud's records."""

    def __init__(self, records: dict[str, _Record], cloud: str) -> None:
        self.run_id: str | None = None
        self._records = records
        self._cloud = cloud
        self._holds = True

    def create_run(
        self,
        run: Run,
        plan: Mapping[str, Any],
        steps: Sequence[str],
        *,
        carried: Sequence[Change] = (),
        replaced: tuple[str, Sequence[Change]] | None = None,
    ) -> Run:
        """Put a run and its plan on record, and end the one that it replaces."""
        self.renew()
        self._refuse_in_flight(run.cloud)
        created = Change("run.created", run.created_at, data=created_data(run, replaced))
        record = _Record(run, plan, {step: StepStatus(step) for step in steps})
        _compare(record, carried)
        if replaced is not None:
            self.commit(*replaced)
        self._records[run.id] = record
        self.commit(run.id, [created, *carried])
        return run

    def commit(self, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        """Take all changes over, or none."""
        self.renew()
        self.run_id = run_id
        record = self._records[run_id]
        _compare(record, changes)
        events = tuple(change.event(run_id, seq) for seq, change in enumerate(changes, len(record.events) + 1))
        for change in changes:
            _set(record, change)
        record.events += events
        return events

    def renew(self) -> None:
        """Raise where another one holds the lease by now."""
        if not self._holds:
            raise refusals.lease_lost(self._cloud)

    def close(self) -> None:
        """Write no more."""
        self._holds = False

    def _refuse_in_flight(self, cloud: str) -> None:
        for record in self._records.values():
            flying = sum(s.state in IN_FLIGHT for s in record.steps.values())
            if flying and record.run.cloud == cloud and record.run.state not in FINAL_RUN_STATES:
                raise refusals.in_flight(record.run.id, flying)


def _compare(record: _Record, changes: Sequence[Change]) -> None:
    known = {step: status.state for step, status in record.steps.items()}
    for change in changes:
        if change.step:
            if change.was and known[change.step.id] is not change.was:
                raise refusals.conflict(record.run.id, f"step {change.step.id} is {known[change.step.id]}")
            known[change.step.id] = change.step.state


def _set(record: _Record, change: Change) -> None:
    if change.step:
        record.steps[change.step.id] = change.step
    if change.attempt:
        record.attempts[change.attempt.id] = change.attempt
    if change.run:
        record.run = change.run
    if change.command:
        record.commands[change.command.id] = change.command
    record.effects |= {effect.id: effect for effect in change.effects}
