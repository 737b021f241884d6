"""A worker at work. It needs the journal's database, a state directory and the operator's files; nothing of a cloud."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stairlift.execute.local import LocalExecutor
from stairlift.execute.queue.carrying import Workplace
from stairlift.execute.queue.delivery import take_deliveries
from stairlift.execute.queue.worker import Worker
from stairlift.model.dispatch import Card
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.store import locking
from stairlift.store.claiming import SqlClaims
from stairlift.store.opening import ensure_shape, is_sqlite, open_engine
from stairlift.store.server import reach
from stairlift.strategy.freezing import changed_file
from stairlift.wiring.config.queues import QUEUE_NAME
from stairlift.wiring.config.settings import Settings

#: Seconds between two looks of a supervisor at its lifeline; whoever waits for an attempt's end waits for them, too.
_LOOK = 1.0
#: Seconds in which a worker that ends lets go of its connections; a database that does not answer keeps it no longer.
_LEAVING = 5.0
#: What a job has no use for, since it would let it write the journal.
_OURS_ALONE = frozenset({"STAIRLIFT_DATABASE_URL", "PGPASSWORD", "PGPASSFILE"})
#: A name is part of a path; job scripts may have that path between quotes.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,60}", re.ASCII)
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_QUOTES = frozenset("'\"\\$`\n")


@dataclass(frozen=True, slots=True)
class Duty:
    """What a worker is there for.

    `grace`: how many seconds a job that is stopped has to end by itself. `drain`: asked to end, it waits until what it
    carries has ended.
    """

    queues: tuple[str, ...]
    name: str
    jobs: int
    grace: float = 10.0
    drain: bool = False


def work(settings: Settings, duty: Duty, say: Callable[[str], None]) -> int:
    """Work until a signal says to end; that signal.

    Raises UsageError (queue.no_workers, worker.bad_name), Refusal (worker.running, worker.name_taken,
    worker.superseded), StairliftError (queue.*, store.*).
    """
    engine = open_engine(settings.database_url)
    try:
        if is_sqlite(engine):
            raise _no_server()
        _demand_queues(duty.queues)
        home = _home(settings.state_dir, duty.name)
        ensure_shape(engine)
        lock = _lock(home, duty.name)
        ttl = settings.lease_ttl
        claims = SqlClaims(engine, ttl=ttl)
        worker = Worker(_card(lock.identity, duty, ttl), claims, _workplace(home, duty, ttl), ttl=ttl)
        return asyncio.run(_Shift(worker, duty, say, ttl).until_ended(reach(engine)))
    finally:
        engine.dispose()


def _card(identity: str, duty: Duty, ttl: float) -> Card:
    return Card(
        id=identity,
        name=duty.name,
        host=socket.gethostname(),
        pid=os.getpid(),
        boot=_BOOT.read_text().strip(),
        queues=duty.queues,
        jobs=duty.jobs,
        gone_after=ttl + _LOOK + duty.grace,
    )


def _workplace(home: Path, duty: Duty, ttl: float) -> Workplace:
    """Attempts are stopped when half of the time is over after which others may begin them again."""
    environ = {name: value for name, value in os.environ.items() if name not in _OURS_ALONE}
    executor = LocalExecutor(home / "attempts", grace=duty.grace, environ=environ)
    return Workplace(home / "attempts", executor, changed_file, ttl / 2)


class _Shift:
    """One life of a worker, from its beginning to the signal that ends it."""

    def __init__(self, worker: Worker, duty: Duty, say: Callable[[str], None], ttl: float) -> None:
        self._worker = worker
        self._duty = duty
        self._say = say
        self._ttl = ttl
        self._signals: asyncio.Queue[int] = asyncio.Queue()

    async def until_ended(self, way: dict[str, object]) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._signals.put_nowait, number)
        await self._worker.enlist()
        adopted = len(self._worker.carries)
        more = f", adopts {adopted}" if adopted else ""
        self._say(f"worker {self._duty.name} takes orders of {', '.join(self._duty.queues)}{more}")
        living = asyncio.create_task(self._worker.live())
        taking = asyncio.create_task(take_deliveries(way, self._duty.queues, self._worker.take, ttl=self._ttl))
        told = asyncio.create_task(self._signals.get())
        try:
            await asyncio.wait({living, taking, told}, return_when=asyncio.FIRST_COMPLETED)
            for broken in (task for task in (living, taking) if task.done()):
                broken.result()  # neither ends by itself, but by what it raises
            await self._end_well(taking, living)
        finally:
            await _dropped(taking, living, told)
            await self._worker.leave()
        return told.result()

    async def _end_well(self, taking: "asyncio.Task[None]", living: "asyncio.Task[None]") -> None:
        """Take nothing new; drain where that is wanted, unless a second signal says that it lasts too long."""
        await _dropped(taking)
        left = len(self._worker.carries)
        if left and self._duty.drain:
            self._say(f"takes nothing new, waits for {_attempts(left)}; a second signal makes it leave at once")
            idle, again = asyncio.create_task(self._worker.idle()), asyncio.create_task(self._signals.get())
            await asyncio.wait({idle, again, living}, return_when=asyncio.FIRST_COMPLETED)
            await _dropped(idle, again)
            left = len(self._worker.carries)
        if left:
            self._say(
                f"leaves {_attempts(left)} under way: adopted if this worker is back within {self._ttl / 2:g} s, "
                "stopped by the supervisor after that"
            )


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"


async def _dropped(*tasks: "asyncio.Task[object] | asyncio.Task[None] | asyncio.Task[int]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=_LEAVING)


def _demand_queues(names: tuple[str, ...]) -> None:
    """One that no plan can have, such as "" of a variable that is not set, would be waited at for ever."""
    for name in names:
        if not QUEUE_NAME.fullmatch(name):
            raise UsageError(
                code="worker.bad_name",
                brief=f"{name!r} is no name for a queue: letters, digits, dots, dashes and underscores",
                resolution="give the name of a [[queue]] of stairlift.toml with --queue",
            )


def _home(state: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            code="worker.bad_name",
            brief=f"{name!r} is no name for a worker: letters, digits, dots, dashes and underscores",
            resolution="name it with --name",
        )
    home = state / "workers" / name
    if _QUOTES & set(str(home)):
        raise UsageError(
            code="worker.bad_name",
            brief=f"a worker cannot live in {home}: scripts of jobs have that path between quotes",
            resolution="set STAIRLIFT_STATE_DIR to a plainer path",
        )
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise StairliftError(
            code="state.unusable",
            brief=f"the state directory {home} cannot be made: {wrong.strerror}",
            resolution="name another with STAIRLIFT_STATE_DIR",
        ) from wrong
    return home


def _lock(home: Path, name: str) -> locking.CloudLock:
    lock = locking.take(home, "worker")
    if lock is None:
        raise Refusal(
            code="worker.running",
            brief=f"a worker {name} runs here already ({home})",
            resolution="Give this one another name with --name.",
        )
    return lock


def _no_server() -> UsageError:
    return UsageError(
        code="queue.no_workers",
        brief="a worker takes its work from a PostgreSQL database, and STAIRLIFT_DATABASE_URL names none",
        resolution="set STAIRLIFT_DATABASE_URL to the one that the orchestrator uses: postgresql://USER@HOST/NAME",
    )
