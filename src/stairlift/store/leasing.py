"""The lease of a cloud, as a row: who may write, told apart by a fence that only ever grows."""

import os
import socket
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Float, Row, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from stairlift.model.run import Orchestrator
from stairlift.store.refusals import busy, lease_lost
from stairlift.store.tables import lease

#: How long a lease lasts for those who cannot see whether its holder lives, in seconds.
TTL = 30.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write about a cloud, as long as no one has taken a higher fence."""

    cloud: str
    holder: str
    fence: int

    def renew(self, connection: Connection, run: str | None) -> None:
        """Say that the holder lives. Refusal (run.lease_lost) where another one has taken over."""
        mine = (lease.c.cloud == self.cloud, lease.c.fence == self.fence, lease.c.holder == self.holder)
        until = _now(connection) + TTL
        known = {} if run is None else {"run": run}
        if connection.execute(update(lease).where(*mine).values(until=until, **known)).rowcount != 1:
            raise lease_lost(self.cloud)

    def give_back(self, connection: Connection) -> None:
        """Let the next one have it at once."""
        mine = (lease.c.cloud == self.cloud, lease.c.fence == self.fence, lease.c.holder == self.holder)
        connection.execute(update(lease).where(*mine).values(holder=None, until=0.0))


def take(connection: Connection, cloud: str, lock: str) -> Lease:
    """Take the lease of a cloud for the holder of `lock`. Refusal (run.cloud_busy) while another machine has it."""
    found = find(connection, cloud)
    if found and alive(found, lock):
        raise busy(orchestrator_of(found))
    mine = Lease(cloud, uuid4().hex, found.fence + 1 if found else 1)
    row = {
        "fence": mine.fence,
        "holder": mine.holder,
        "lock": lock,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "run": None,
        "until": _now(connection) + TTL,
    }
    if found is None:
        connection.execute(insert(lease).values(cloud=cloud, **row))
    elif (
        connection.execute(
            update(lease).where(lease.c.cloud == cloud, lease.c.fence == found.fence).values(row)
        ).rowcount
        != 1
    ):
        raise busy(orchestrator_of(found))
    return mine


def alive(row: Row[Any], lock: str | None = None) -> bool:
    """Whether the holder counts as alive for somebody who holds `lock`: holding the same lock proves it dead."""
    return row.holder is not None and row.lock != lock and row.until > row.now


def find(connection: Connection, cloud: str) -> Row[Any] | None:
    """The lease of a cloud with the database's time as `now`."""
    return connection.execute(select(lease, _now(connection).label("now")).where(lease.c.cloud == cloud)).first()


def orchestrator_of(row: Row[Any]) -> Orchestrator:
    """Who a lease belongs to."""
    return Orchestrator(cloud=row.cloud, host=row.host, pid=row.pid, run=row.run)


def _now(connection: Connection) -> ColumnElement[float]:
    """Seconds since 1970 on the database's clock: machines disagree about the time, a server agrees with itself."""
    if connection.dialect.name == "sqlite":
        return literal(time.time(), Float)
    return func.extract("epoch", func.clock_timestamp()).cast(Float)
