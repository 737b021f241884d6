"""The journal in SQLite or PostgreSQL: any number of readers, and one writer at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from stairlift.model.run import LEASE_TTL, Command, Orchestrator
from stairlift.store import leasing, locking, plain, refusals, rows, tables
from stairlift.store.journal import SqlJournal
from stairlift.store.opening import WRITES, ensure_shape, named, open_engine, rows_of, transaction
from stairlift.store.reading import Reading
from stairlift.store.troubles import told


class SqlStore(Reading):
    """A journal that can be written, too. The kernel's locks of its clouds are files in `locks`.

    A plan that two runs share is kept once, by its hash.
    """

    def __init__(self, engine: Engine, locks: Path, ttl: float = LEASE_TTL) -> None:
        super().__init__(partial(rows_of, engine))
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
        with transaction(self._engine, writes=False) as connection:
            found = leasing.find(connection, cloud)
        if found is None or found.holder is None:
            return None
        held = locking.held(self._locks, cloud, found.lock)
        return leasing.orchestrator_of(found) if (leasing.alive(found) if held is None else held) else None

    def tell(self, command: Command) -> Command:
        """Put a command on record, once: of two who tell the same at once, the database lets one."""
        with transaction(self._engine) as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(tables.command).values(rows.command_row(command)))
            except IntegrityError:
                known = select(*(tables.command.c[name] for name in plain.COMMAND))
                found = connection.execute(known.where(tables.command.c.id == command.id)).first()
                if found is None:
                    raise
                return refusals.same_command(command, plain.command_of(found))
        return command

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def open_store(url: str, locks: Path, ttl: float = LEASE_TTL) -> SqlStore:
    """Open the journal at a database URL; `locks` is a folder on a local disk for the kernel's locks.

    `ttl`: how many seconds a lease that this store takes lasts for other machines, when its holder is not heard of.
    UsageError (store.bad_url), StairliftError (store.*) where it cannot be used or a newer program wrote it.
    """
    engine = open_engine(url)
    ensure_shape(engine)
    return SqlStore(engine, locks, ttl)
