"""The journal in SQLite or PostgreSQL: any number of readers, and one writer at a time."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from stairlift.model.effect import Effect
from stairlift.model.run import (
    FINAL_RUN_STATES,
    LEASE_TTL,
    Attempt,
    Command,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.store import history, leasing, locking, plans, refusals, rows, tables
from stairlift.store.journal import SqlJournal
from stairlift.store.opening import WRITES, ensure_shape, named, open_engine
from stairlift.store.troubles import told

_ENDED = [s.value for s in (*FINAL_RUN_STATES, RunState.FAILED)]


class SqlStore:
    """The journal in a database; the kernel's locks of its clouds are files in `locks`.

    A plan that two runs share is kept once, by its hash.
    """

    def __init__(self, engine: Engine, locks: Path, ttl: float = LEASE_TTL) -> None:
        self._engine = engine
        self._locks = locks
        self._ttl = ttl

    @contextmanager
    def hold(self, cloud: str) -> Iterator[SqlJournal]:
        """Take the lease of a cloud: first the kernel's lock, which costs nothing to be refused, then the row."""
        lock = locking.take(self._locks, cloud)
        if lock is None:
            raise refusals.busy(self.orchestrator(cloud))
        try:
            with self._engine.connect().execution_options(**{WRITES: True}) as connection:
                with told(named(self._engine)), connection.begin():
                    lease = leasing.take(connection, cloud, lock.identity, self._ttl)
                journal = SqlJournal(connection, lease)
                try:
                    yield journal
                finally:
                    journal.release()
        finally:
            lock.release()

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud; one of this machine that has died does not."""
        with self._connection() as connection:
            found = leasing.find(connection, cloud)
        if found is None or found.holder is None:
            return None
        held = locking.held(self._locks, cloud, found.lock)
        return leasing.orchestrator_of(found) if (leasing.alive(found) if held is None else held) else None

    def runs(self, cloud: str | None = None) -> tuple[Run, ...]:
        """All runs, the newest first."""
        with self._connection() as connection:
            return tuple(rows.run_of(row) for row in connection.execute(_runs(cloud)))

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        return self._first(_runs(cloud).where(tables.run.c.state.not_in(_ENDED)))

    def newest(self, cloud: str | None = None) -> Run | None:
        """The newest run."""
        return self._first(_runs(cloud))

    def run(self, run_id: str) -> Run:
        """One run by its id."""
        found = self._first(select(tables.run).where(tables.run.c.id == run_id))
        if found is None:
            raise refusals.unknown_run(run_id)
        return found

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan."""
        with self._connection() as connection:
            return _found(plans.whole(connection, run_id), run_id)

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan, with the number of its steps in their place."""
        with self._connection() as connection:
            return _found(plans.head(connection, run_id), run_id)

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps."""
        with self._connection() as connection:
            return plans.some(connection, run_id, ids)

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took."""
        with self._connection() as connection:
            return history.took(connection, run_id, step, most)

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        query = select(tables.event).where(tables.event.c.run == run_id).order_by(tables.event.c.seq.desc()).limit(1)
        with self._connection() as connection:
            row = connection.execute(query).first()
        return rows.event_of(row) if row else None

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        query = select(tables.step.c.state, func.count()).where(tables.step.c.run == run_id)
        with self._connection() as connection:
            found = connection.execute(query.group_by(tables.step.c.state)).all()
        return {StepState(state): count for state, count in found}

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        """Where each step stands, or these."""
        table = tables.step
        columns = [table.c[name] for name in ("id", *rows.STATUS)]
        query = select(*columns).where(table.c.run == run_id).order_by(table.c.position).limit(most)
        if ids is not None:
            query = query.where(table.c.id.in_(list(ids)))
        if states:
            query = query.where(table.c.state.in_([state.value for state in states]))
        with self._connection() as connection:
            return tuple(rows.status_of(row) for row in connection.execute(query).all())

    def attempts(self, run_id: str, step: str | None = None) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began."""
        table = tables.attempt
        query = select(table).where(table.c.run == run_id)
        if step is not None:
            query = query.where(table.c.step == step)
        with self._connection() as connection:
            found = connection.execute(query.order_by(table.c.started_at, table.c.step, table.c.number))
            return tuple(rows.attempt_of(row) for row in found.all())

    def events(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """The events behind number `after`."""
        table = tables.event
        query = select(table).where(table.c.run == run_id, table.c.seq > after).order_by(table.c.seq).limit(limit)
        with self._connection() as connection:
            return tuple(rows.event_of(row) for row in connection.execute(query).all())

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects."""
        table = tables.effect
        query = select(table).order_by(table.c.at, table.c.run, table.c.id)
        if run_id is not None:
            query = query.where(table.c.run == run_id)
        if cloud is not None:
            query = query.join(tables.run).where(tables.run.c.cloud == cloud)
        with self._connection() as connection:
            return tuple(rows.effect_of(row) for row in connection.execute(query))

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run."""
        table = tables.command
        query = select(table).where(table.c.run == run_id)
        if unsettled:
            query = query.where(table.c.result.is_(None))
        with self._connection() as connection:
            return tuple(rows.command_of(row) for row in connection.execute(query.order_by(table.c.at, table.c.id)))

    def tell(self, command: Command) -> Command:
        """Put a command on record, once: of two who tell the same at once, the database lets one."""
        table = tables.command
        with self._connection(writes=True) as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(table).values(rows.command_row(command)))
            except IntegrityError:
                found = connection.execute(select(table).where(table.c.id == command.id)).first()
                if found is None:
                    raise
                return refusals.same_command(command, rows.command_of(found))
        return command

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _first(self, query: Select[Any]) -> Run | None:
        with self._connection() as connection:
            row = connection.execute(query.limit(1)).first()
        return rows.run_of(row) if row else None

    @contextmanager
    def _connection(self, *, writes: bool = False) -> Iterator[Connection]:
        with (
            told(named(self._engine)),
            self._engine.connect().execution_options(**{WRITES: writes}) as connection,
            connection.begin(),
        ):
            yield connection


def open_store(url: str, locks: Path, ttl: float = LEASE_TTL) -> SqlStore:
    """Open the journal at a database URL; `locks` is a folder on a local disk for the kernel's locks.

    `ttl`: how many seconds a lease that this store takes lasts for other machines, when its holder is not heard of.
    UsageError (store.bad_url), StairliftError (store.*) where it cannot be used or a newer program wrote it.
    """
    engine = open_engine(url)
    ensure_shape(engine)
    return SqlStore(engine, locks, ttl)


def _found(document: Mapping[str, Any] | None, run_id: str) -> Mapping[str, Any]:
    if document is None:
        raise refusals.unknown_run(run_id)
    return document


def _runs(cloud: str | None) -> Select[Any]:
    query = select(tables.run).order_by(tables.run.c.created_at.desc(), tables.run.c.id.desc())
    return query if cloud is None else query.where(tables.run.c.cloud == cloud)
