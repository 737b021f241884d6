"""procrastinate: how workers hear that an order is there. Nothing else is asked of it, and nothing of it is believed.

A delivery that is lost is made again by whoever waits for the order; one that comes twice finds the order claimed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId

if TYPE_CHECKING:
    from procrastinate import App

_LOG = logging.getLogger(__name__)
_TASK = "stairlift.attempt"
#: Seconds between two looks for orders where no notification comes, and after trouble with the database.
_LOOK, _PAUSE = 5.0, 1.0
#: PostgreSQL's codes of a table, a function or a type that is not there.
_NO_SCHEMA = ("42P01", "42883", "42704")


class Courier:
    """Tells the workers of a queue of an order. `reach` are libpq's parameters; a connection is made when needed."""

    def __init__(self, reach: Mapping[str, Any]) -> None:
        self._reach = reach
        self._app: App | None = None

    def deliver(self, attempt: AttemptId, queue: str) -> None:
        """Blocks. StairliftError (queue.*) where it cannot be done."""
        with _told():
            from procrastinate.exceptions import AlreadyEnqueued

            task = self._opened().configure_task(_TASK, queue=queue, queueing_lock=str(attempt), allow_unknown=True)
            with suppress(AlreadyEnqueued):
                task.defer(run=attempt.run, step=attempt.step, number=attempt.number)

    def close(self) -> None:
        """Close the connection."""
        if self._app is not None:
            self._app.close()
            self._app = None

    def _opened(self) -> "App":
        if self._app is None:
            from procrastinate import App, SyncPsycopgConnector

            app = App(connector=SyncPsycopgConnector(kwargs=dict(self._reach), min_size=1, max_size=1))
            app.open()
            self._app = app
        return self._app


async def take_deliveries(
    reach: Mapping[str, Any], queues: Sequence[str], take: Callable[[AttemptId], Awaitable[None]], *, ttl: float
) -> None:
    """Hand every order of the queues that is told of to `take`, one after the other; for ever.

    Another one is asked for only when `take` comes back, so that a worker without room keeps none from the others.
    """
    while True:
        with _told():
            from procrastinate.exceptions import ConnectorException
        try:
            await _listen(_worker_app(reach, take), queues, ttl)
        except ConnectorException as wrong:
            if _lacks_schema(wrong):
                raise _no_schema() from wrong
            _LOG.warning("no orders are heard of: %s", wrong.__cause__ or wrong)
        await asyncio.sleep(_PAUSE)


async def _listen(app: "App", queues: Sequence[str], ttl: float) -> None:
    from procrastinate.jobs import Status

    async with app.open_async():
        for job in await app.job_manager.get_stalled_jobs(task_name=_TASK, seconds_since_heartbeat=ttl):
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)  # else they are never removed
        await app.run_worker_async(
            queues=list(queues),
            concurrency=1,
            install_signal_handlers=False,
            delete_jobs="always",
            fetch_job_polling_interval=_LOOK,
            shutdown_graceful_timeout=_PAUSE,
            update_heartbeat_interval=ttl / 3,
            stalled_worker_timeout=ttl,
        )


def _worker_app(reach: Mapping[str, Any], take: Callable[[AttemptId], Awaitable[None]]) -> "App":
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(kwargs=dict(reach), min_size=1, max_size=2))

    @app.task(name=_TASK)
    async def attempt(run: str, step: str, number: int) -> None:
        await take(AttemptId(run, step, number))

    return app


def scripts() -> tuple[str, Mapping[str, str]]:
    """The schema of procrastinate: all of it at once, and the scripts that led to it, by name in their order.

    StairliftError (queue.not_installed) where it is not here.
    """
    with _told():
        from procrastinate.schema import SchemaManager

        steps = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
        return SchemaManager.get_schema(), {step.name: step.read_text(encoding="utf-8") for step in steps}


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ImportError as missing:
        raise StairliftError(
            code="queue.not_installed",
            brief="workers need procrastinate and psycopg, which are not installed here or do not load",
            details=str(missing).partition("\n")[0],
            resolution="pip install 'stairlift[postgresql]'",
        ) from missing
    except Exception as wrong:
        if isinstance(wrong, StairliftError):
            raise
        raise (_no_schema() if _lacks_schema(wrong) else _unavailable(wrong)) from wrong


def _lacks_schema(wrong: BaseException) -> bool:
    cause: BaseException | None = wrong
    while cause is not None:
        if getattr(cause, "sqlstate", None) in _NO_SCHEMA:
            return True
        cause = cause.__cause__
    return False


def _no_schema() -> StairliftError:
    return StairliftError(
        code="queue.no_schema",
        brief="the database has no tables for the delivery of orders to workers",
        resolution="Run `stairlift db upgrade` where the extra `postgresql` is installed.",
    )


def _unavailable(wrong: BaseException) -> StairliftError:
    return StairliftError(
        code="queue.unavailable",
        brief="an order for a worker could not be delivered",
        details=" ".join(str(wrong.__cause__ or wrong).split()),
        resolution="See to the database, then `stairlift resume`: nothing is lost, nothing runs twice.",
    )
