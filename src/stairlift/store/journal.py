"""The single writer: what changes, the event that says so and the proof of the lease, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from stairlift.model.errors import StairliftError
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Change, Event, Run, created_data
from stairlift.store import plans, refusals, rows, tables
from stairlift.store.bulk import Bulk
from stairlift.store.leasing import Lease, Renewal, give_back
from stairlift.store.opening import named
from stairlift.store.troubles import told

_step, _attempt, _run, _command = tables.step, tables.attempt, tables.run, tables.command

_SET_STEP = (
    update(_step)
    .where(
        _step.c.run == bindparam("key_run"),
        _step.c.id == bindparam("key_id"),
        _step.c.state == bindparam("key_state"),
    )
    .values({name: bindparam(name) for name in rows.STATUS})
)
_BEGIN_ATTEMPT = insert(_attempt).values({name: bindparam(name) for name in rows.ATTEMPT})
_CLOSE_ATTEMPT = (
    update(_attempt)
    .where(
        _attempt.c.run == bindparam("key_run"),
        _attempt.c.step == bindparam("key_step"),
        _attempt.c.number == bindparam("key_number"),
    )
    .values({name: bindparam(name) for name in rows.ATTEMPT_END})
)
_FORGET_EFFECT = delete(tables.effect).where(
    tables.effect.c.run == bindparam("key_run"), tables.effect.c.id == bindparam("key_id")
)
_ADD_EVENT = insert(tables.event).values({name: bindparam(name) for name in rows.EVENT})


class SqlJournal:
    """Writes about the runs of one cloud while it holds the lease; `commit` is one transaction, whatever its size.

    The connection is its own, in which every transaction is one that writes.
    """

    def __init__(self, connection: Connection, lease: Lease) -> None:
        self._connection = connection
        self._lease = lease
        self._holds = True
        self._run: str | None = None
        self._seq: dict[str, int] = {}
        dialect = connection.dialect
        self._renew = Renewal(dialect)
        self._set_step = Bulk(_SET_STEP, (*rows.STATUS_KEY, *rows.STATUS), dialect)
        self._begin_attempt = Bulk(_BEGIN_ATTEMPT, rows.ATTEMPT, dialect)
        self._close_attempt = Bulk(_CLOSE_ATTEMPT, (*rows.ATTEMPT_KEY, *rows.ATTEMPT_END), dialect)
        self._add_event = Bulk(_ADD_EVENT, rows.EVENT, dialect)

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
        created = Change("run.created", run.created_at, data=created_data(run, replaced))
        with self._writing(run.id) as connection:
            _refuse_in_flight(connection, run.cloud)
            plans.keep(connection, run.plan_hash, plan)
            connection.execute(insert(_run).values(rows.run_row(run)))
            connection.execute(insert(_step), [_new_step(run.id, n, step) for n, step in enumerate(steps)])
            written = {run.id: self._write(connection, run.id, [created, *carried])}
            if replaced is not None:
                written[replaced[0]] = self._write(connection, *replaced)
        self._know(written)
        return run

    def commit(self, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        """Write all of it, durably, or nothing."""
        with self._writing(run_id) as connection:
            events = self._write(connection, run_id, changes)
        self._know({run_id: events})
        return events

    def _write(self, connection: Connection, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        self._set_steps(connection, run_id, changes)
        self._set_attempts(connection, changes)
        _set_effects(connection, run_id, changes)
        _set_rare(connection, changes)
        return self._append(connection, run_id, changes)

    def _know(self, written: Mapping[str, Sequence[Event]]) -> None:
        """Once it is on record: the number of each run's last event."""
        for run_id, events in written.items():
            if events:
                self._seq[run_id] = events[-1].seq

    def renew(self) -> None:
        """Renew the lease."""
        with self._writing(self._run):
            pass

    def release(self) -> None:
        """Give the lease back. Where that cannot be written, the kernel's lock or the lease's end tells it."""
        self._holds = False
        try:
            with told(named(self._connection.engine)), self._connection.begin():
                give_back(self._connection, self._lease)
        except StairliftError:
            return

    @contextmanager
    def _writing(self, run_id: str | None) -> Iterator[Connection]:
        if not self._holds:
            raise refusals.lease_lost(self._lease.cloud)
        self._run = run_id
        with told(named(self._connection.engine)), self._connection.begin():
            self._renew.execute(self._connection, self._lease, run_id)
            yield self._connection

    def _set_steps(self, connection: Connection, run_id: str, changes: Sequence[Change]) -> None:
        """Compare and set; a step that is not as we know it means that somebody else has written."""
        moved = [rows.status_values(run_id, c.step, c.was) for c in changes if c.step]
        result = self._set_step.execute(connection, moved)
        if result is None or not result.supports_sane_multi_rowcount():
            return
        astray = len(moved) - result.rowcount
        if astray:
            details = f"{astray} of {len(moved)} steps are not in the state that they were left in"
            raise refusals.conflict(run_id, details)

    def _set_attempts(self, connection: Connection, changes: Sequence[Change]) -> None:
        attempts = [c.attempt for c in changes if c.attempt]
        self._begin_attempt.execute(connection, (rows.attempt_row(a) for a in attempts if a.ended_at is None))
        self._close_attempt.execute(connection, (rows.attempt_values(a) for a in attempts if a.ended_at is not None))

    def _append(self, connection: Connection, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        """Number the events. Only this writer does, so that a reader who saw number n has seen all before it."""
        if run_id not in self._seq:
            last = select(func.max(tables.event.c.seq)).where(tables.event.c.run == run_id)
            self._seq[run_id] = connection.execute(last).scalar() or 0
        first = self._seq[run_id] + 1
        events = tuple(change.event(run_id, seq) for seq, change in enumerate(changes, first))
        self._add_event.execute(connection, map(rows.event_row, events))
        return events


def _set_effects(connection: Connection, run_id: str, changes: Sequence[Change]) -> None:
    """The newest word on each; of an effect there is one row, whatever was known of it before."""
    effects = {effect.id: effect for change in changes for effect in change.effects}
    if effects:
        connection.execute(_FORGET_EFFECT, [{"key_run": run_id, "key_id": name} for name in effects])
        connection.execute(insert(tables.effect), [rows.effect_row(run_id, effect) for effect in effects.values()])


def _set_rare(connection: Connection, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.run:
            connection.execute(update(_run).where(_run.c.id == change.run.id).values(rows.run_row(change.run)))
        if change.command:
            settled = {"result": change.command.result, "answer": change.command.answer}
            connection.execute(update(_command).where(_command.c.id == change.command.id).values(settled))


def _refuse_in_flight(connection: Connection, cloud: str) -> None:
    query = (
        select(_run.c.id, func.count())
        .join(_step, _step.c.run == _run.c.id)
        .where(_run.c.cloud == cloud, _run.c.state.not_in([s.value for s in FINAL_RUN_STATES]))
        .where(_step.c.state.in_([s.value for s in IN_FLIGHT]))
        .group_by(_run.c.id)
    )
    found = connection.execute(query).first()
    if found:
        raise refusals.in_flight(found[0], found[1])


def _new_step(run_id: str, position: int, step_id: str) -> rows.Values:
    return {
        "run": run_id,
        "id": step_id,
        "position": position,
        "state": "pending",
        "attempt": 0,
        "approved": False,
        "reason": "",
        "retries": 0,
    }
