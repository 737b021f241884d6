"""Where the journal and the attempts of this installation are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Plan
from stairlift.model.run import LEASE_TTL, Attempt, AttemptId, Run
from stairlift.ports import Executor, Store
from stairlift.store.opening import open_engine, upgrade
from stairlift.store.sql import open_store
from stairlift.wiring.archive import Archive, nowhere_queued
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.crew import Crew, open_crew, upgrade_queue
from stairlift.wiring.logs.attempts import lines_of
from stairlift.wiring.measured import totals_of
from stairlift.wiring.tasks import task_at_hand


@dataclass(frozen=True, slots=True)
class Office:
    """The journal, and the folders of attempts below the state directory.

    `lease_ttl`: how long its leases outlive their holder's last sign of life, in seconds. `crew` are the workers, where
    the journal is on a server.
    """

    store: Store
    executor: LocalExecutor
    state_dir: Path
    lease_ttl: float = LEASE_TTL
    crew: Crew | None = None

    def executor_for(self, plan: Plan) -> Executor:
        """Where the attempts of a plan run: here, or with the workers that it names."""
        return self.crew.executor(self.executor, plan) if self.crew else self.executor

    @property
    def archive(self) -> Archive:
        """What is on record, to be read and shown."""
        queued = self.crew.queued if self.crew else nowhere_queued
        return Archive(self.store, self.tasks, queued, partial(totals_of, state_dir=self.state_dir))

    def plan(self, run: Run) -> Plan:
        """The plan that a run carries out."""
        return self.archive.plan(run)

    def doing(self, run_id: str, steps: Iterable[str]) -> Mapping[str, str]:
        """What the newest attempts of these steps do, as `tasks` has it."""
        return self.tasks([found[-1].id for step in steps if (found := self.store.attempts(run_id, step))])

    def tasks(self, attempts: Sequence[AttemptId]) -> dict[str, str]:
        """The task at hand of these attempts and the worker that is at it, by step, as far as they tell."""
        places = self.crew.places(attempts) if self.crew else {}
        queued = self.crew.queued(attempts) if self.crew else {}
        found = {}
        for attempt in attempts:
            where = f"on worker {places[attempt]}" if attempt in places else ""
            if attempt.step in queued:
                where = "waits for a worker" + (f", {queued[attempt.step]}" if queued[attempt.step] else "")
            told = ", ".join(filter(None, (where, task_at_hand(Path(self.executor.folder(attempt))))))
            if told:
                found[attempt.step] = told
        return found

    def printed(self, attempt: Attempt, offset: int) -> Iterator[bytes]:
        """What an attempt has printed from a byte on, line by line."""
        return lines_of(Path(self.executor.folder(attempt.id)), offset)

    def file(self, attempt: Attempt, name: str) -> Path:
        """A file of an attempt, such as its log."""
        return Path(self.executor.folder(attempt.id)) / name


def open_office(settings: Settings) -> Office:
    """Open the journal and make the state directory, which only its owner may read.

    Raises StairliftError (state.unusable, store.*) where that cannot be done.
    """
    state = _made(settings.state_dir)
    store = open_store(settings.database_url, state / "locks", settings.lease_ttl)
    attempts = state / "attempts"
    return Office(store, LocalExecutor(attempts), state, settings.lease_ttl, open_crew(settings, attempts))


def upgrade_database(settings: Settings) -> str:
    """Bring the journal's database to the shape that this version knows, and on a server the task queue's tables.

    What there is to say about it. Raises as `open_office` does.
    """
    _made(settings.state_dir)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()
    return upgrade_queue(settings)


def _made(state: Path) -> Path:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise StairliftError(
            code="state.unusable",
            brief=f"the state directory {state} cannot be made: {wrong.strerror}",
            resolution="name another with STAIRLIFT_STATE_DIR",
        ) from wrong
    return state
