"""A journal on a PostgreSQL server, by psycopg 3: how to reach it, and what every connection asks of it."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, event, text

from stairlift.model.errors import UsageError

#: How long to wait for another program's transaction, in seconds.
PATIENCE = 5.0

#: What libpq is told where the URL says nothing else. A server that is cut off is noticed before a lease is over:
#: by an answer that does not come (tcp_user_timeout, in milliseconds) or, while all is quiet, by keepalives (seconds).
_REACH: dict[str, Any] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "application_name": "stairlift",
}

#: In milliseconds. A process that stops in the middle of a transaction keeps its rows locked, the lease among them,
#: and whoever wants to take over would wait for it: the server ends such a transaction.
_SESSION = {"lock_timeout": int(PATIENCE * 1000), "idle_in_transaction_session_timeout": 10_000}

#: Of the migrations of a journal, so that one process at a time does them; drawn once.
_MIGRATING = 7_146_308_215


def is_server(address: URL) -> bool:
    """Whether this is the address of a PostgreSQL server."""
    return address.get_backend_name() in {"postgresql", "postgres"}


def with_psycopg(address: URL) -> URL:
    """The address for psycopg 3, whatever driver it names."""
    return address.set(drivername="postgresql+psycopg")


def arguments(address: URL) -> dict[str, Any]:
    """What `create_engine` is told: a connection that has died is found before it is used, not by the one who uses it.

    UsageError (store.no_driver) where psycopg is not installed.
    """
    try:
        import psycopg  # noqa: F401
    except ImportError as missing:
        raise UsageError(
            code="store.no_driver",
            brief="a journal on PostgreSQL needs psycopg, which is not installed here or does not load",
            details=str(missing).splitlines()[0],
            resolution="pip install 'stairlift[postgresql]'",
        ) from missing
    reach = {name: value for name, value in _REACH.items() if name not in address.query}
    return {"pool_pre_ping": True, "connect_args": reach}


def reach(engine: Engine) -> dict[str, Any]:
    """What libpq must be told to get to the same database, the password among it: for drivers beside this engine."""
    _, words = engine.dialect.create_connect_args(engine.url)
    return {**_REACH, **words}


def prepare(engine: Engine) -> None:
    """Have every session end what hangs, and never say that a commit is done which is not on the disk."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            for name, value in _SESSION.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()


def shown(address: URL) -> str:
    """The server without anything that is secret: options of a URL may hold a password, too."""
    where = {name: address.query[name] for name in ("host", "port") if name in address.query}
    return address.set(drivername="postgresql", query=where).render_as_string(hide_password=True)


def alone_at_migrating(connection: Connection) -> None:
    """Wait until no other process changes the shape of this database; until the transaction's end none does."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
