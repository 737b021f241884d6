"""The lease of a cloud, as a row: who may write, told apart by a fence that only ever grows."""

import os
import socket
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Dialect, Float, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from stairlift.model.run import LEASE_TTL, Orchestrator
from stairlift.store.bulk import Bulk
from stairlift.store.refusals import busy, lease_lost
from stairlift.store.tables import lease


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write about a cloud, as long as no one has taken a higher fence.

    Each renewal is good for `ttl` seconds more.
    """

    cloud: str
    holder: str
    fence: int
    ttl: float = LEASE_TTL

    def key(self) -> dict[str, Any]:
        """What tells this lease from those before and after it, for `of_key`."""
        return {"key_cloud": self.cloud, "key_fence": self.fence, "key_holder": self.holder}


def of_key() -> tuple[ColumnElement[bool], ...]:
    """The row of a lease as long as it is that very lease."""
    return (
        lease.c.cloud == bindparam("key_cloud"),
        lease.c.fence == bindparam("key_fence"),
        lease.c.holder == bindparam("key_holder"),
    )


class Renewal:
    """Says that the holder lives, and at which run it works: part of every transaction, so made ready once."""

    def __init__(self, dialect: Dialect) -> None:
        until = _now(dialect) + bindparam("ttl", type_=Float)
        statement = update(lease).where(*of_key()).values(until=until, run=bindparam("run"))
        self._statement = Bulk(statement, ("key_cloud", "key_fence", "key_holder", "run", "now", "ttl"), dialect)

    def execute(self, connection: Connection, mine: Lease, run: str | None) -> None:
        """Refusal (run.lease_lost) where another one has taken over."""
        row = (mine.cloud, mine.fence, mine.holder, run, time.time(), mine.ttl)
        result = self._statement.execute(connection, [row])
        if result is None or result.rowcount != 1:
            raise lease_lost(mine.cloud)


def give_back(connection: Connection, mine: Lease) -> None:
    """Let the next one have it at once."""
    connection.execute(update(lease).where(*of_key()).values(holder=None, until=0.0), mine.key())


def take(connection: Connection, cloud: str, lock: str, ttl: float) -> Lease:
    """Take the lease of a cloud for the holder of `lock`. Refusal (run.cloud_busy) while another machine has it."""
    found = find(connection, cloud)
    if found and alive(found, lock):
        raise busy(orchestrator_of(found))
    mine = Lease(cloud, uuid4().hex, found.fence + 1 if found else 1, ttl)
    row = {
        "fence": mine.fence,
        "holder": mine.holder,
        "lock": lock,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "run": None,
        "until": _now(connection.dialect) + ttl,
    }
    if not _written(connection, cloud, row, found):
        raise busy(None)
    return mine


def _written(connection: Connection, cloud: str, row: dict[str, Any], found: Row[Any] | None) -> bool:
    """Put the row in the place of the one that was found; False where another machine, or its holder, was quicker."""
    if found is not None:
        unchanged = (lease.c.cloud == cloud, lease.c.fence == found.fence, lease.c.until == found.until)
        statement = update(lease).where(*unchanged).values(row)
        return connection.execute(statement, {"now": time.time()}).rowcount == 1
    try:
        connection.execute(insert(lease).values(cloud=cloud, **row), {"now": time.time()})
    except IntegrityError:
        return False
    return True


def alive(row: Row[Any], lock: str | None = None) -> bool:
    """Whether the holder counts as alive for somebody who holds `lock`: holding the same lock proves it dead."""
    return row.holder is not None and row.lock != lock and row.until > row.now


def find(connection: Connection, cloud: str) -> Row[Any] | None:
    """The lease of a cloud with the database's time as `now`."""
    query = select(lease, _now(connection.dialect).label("now")).where(lease.c.cloud == cloud)
    return connection.execute(query, {"now": time.time()}).first()


def orchestrator_of(row: Row[Any]) -> Orchestrator:
    """Who a lease belongs to."""
    return Orchestrator(cloud=row.cloud, host=row.host, pid=row.pid, run=row.run)


def _now(dialect: Dialect) -> ColumnElement[float]:
    """Seconds since 1970 on the database's clock: machines disagree about the time, a server agrees with itself.

    SQLite's clock is this machine's; it is told as the parameter `now`.
    """
    if dialect.name == "sqlite":
        return bindparam("now", type_=Float)
    return func.extract("epoch", func.clock_timestamp()).cast(Float)
