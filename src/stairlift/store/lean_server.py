"""The journal on a PostgreSQL server, only to be read, by its driver alone, for as long as patience lasts."""

from collections.abc import Sequence
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from stairlift.store.reading import Reading
from stairlift.store.revisions import REVISIONS

if TYPE_CHECKING:
    import psycopg

_SCHEMES = ("postgresql://", "postgresql+psycopg://", "postgres://")


def open_lean_server(url: str, patience: float) -> Reading | None:
    """The records at a database URL; None where they are not to be had in so many seconds, whatever the reason.

    The driver's own time-out does not cover the look-up of a name: a thread waits, and is left behind where it waits
    for too long.
    """
    scheme = next((scheme for scheme in _SCHEMES if url.startswith(scheme)), None)
    if scheme is None:
        return None
    try:
        import psycopg  # noqa: F401  # before the clock runs
    except ImportError:
        return None
    found = SimpleQueue[Reading | None]()
    address = f"postgresql://{url.removeprefix(scheme)}"
    Thread(target=lambda: found.put(_opened(address, patience)), name="lean", daemon=True).start()
    try:
        return found.get(timeout=patience)
    except Empty:
        return None


def _opened(address: str, patience: float) -> Reading | None:
    try:
        import psycopg

        connection = psycopg.connect(address, autocommit=True, connect_timeout=2, application_name="stairlift")
        connection.execute(f"SET statement_timeout = {int(patience * 1000)}")
        records = Reading(partial(_all, connection))
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
    except Exception:  # any of what can be wrong with a server  # noqa: BLE001
        return None
    return records if revision == REVISIONS[-1] else None


def _all(connection: "psycopg.Connection", query: str, given: Sequence[Any]) -> Sequence[Any]:
    return connection.execute(query.replace("?", "%s").encode(), tuple(given)).fetchall()
