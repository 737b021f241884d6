"""The journal in an SQLite file, only to be read, through the standard library alone.

`stairlift status` is typed again and again, by people and by scripts: SQLAlchemy's import takes more time than all that
it reads. The suite for stores is run on it, so that it says what `sql` says.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote

from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.model.run import (
    FINAL_RUN_STATES,
    Attempt,
    Command,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.store import locking, plain, refusals
from stairlift.store.revisions import REVISIONS

_PREFIX = "sqlite:///"
#: How long to wait for another program's transaction, in seconds.
_PATIENCE = 5.0
_ENDED = tuple(str(state) for state in (*FINAL_RUN_STATES, RunState.FAILED))
#: So many runs before a run tell how long its steps may take.
_EARLIER = 5

_RUNS = (
    "SELECT id, cloud, plan_hash, source, target, state, created_at, started_at, ended_at, approve_all, actor, reason, "
    "options, intent FROM run"
)
_NEWEST = "ORDER BY created_at DESC, id DESC"
_STEPS = "SELECT id, state, attempt, approved, started_at, worked_at, ended_at, reason, retries FROM step WHERE run = ?"
_ATTEMPTS = (
    "SELECT run, step, number, started_at, ended_at, result, returncode, reason, facts, undo FROM attempt WHERE run = ?"
)
_EVENTS = "SELECT run, seq, at, kind, step, attempt, data FROM event WHERE run = ?"
_COMMANDS = "SELECT id, run, kind, step, actor, reason, at, result, answer, details FROM command WHERE run = ?"
_EFFECTS = (
    "SELECT effect.id, kind, subject, step, binding, effect.state, at, details, effect.ended_at, note FROM effect "
    "JOIN run ON run.id = effect.run WHERE effect.run = coalesce(?, effect.run) AND cloud = coalesce(?, cloud) "
    "ORDER BY at, effect.run, effect.id"
)
_PLAN_STEPS = "SELECT document FROM plan_step JOIN run ON run.plan_hash = plan_step.plan WHERE run.id = ?"
_TOOK = (
    "SELECT attempt.started_at, attempt.ended_at FROM run JOIN plan_step ON plan_step.plan = run.plan_hash "
    "JOIN attempt ON attempt.run = run.id AND attempt.step = plan_step.id "
    "WHERE run.id = ? AND plan_step.sort = ? AND plan_step.position < ? AND attempt.result = 'done' "
    "AND NOT attempt.undo ORDER BY plan_step.position DESC LIMIT ?"
)


class LeanRecords:
    """Fills ports.Records."""

    def __init__(self, file: Path, locks: Path) -> None:
        self._file = file
        self._locks = locks
        self._database = sqlite3.connect(
            f"file:{quote(str(file))}?mode=rw",
            uri=True,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud."""
        found = self._first(
            "SELECT host, pid, run, lock, until FROM lease WHERE cloud = ? AND holder IS NOT NULL", cloud
        )
        if found is None:
            return None
        host, pid, run, lock, until = found
        held = locking.held(self._locks, cloud, lock)
        return Orchestrator(cloud, host, pid, run) if (until > time() if held is None else held) else None

    def runs(self, cloud: str | None = None) -> tuple[Run, ...]:
        """All runs, the newest first."""
        return tuple(map(plain.run_of, self._all(f"{_RUNS} WHERE cloud = coalesce(?, cloud) {_NEWEST}", cloud)))

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        where = f"WHERE cloud = coalesce(?, cloud) AND state NOT IN ({_marks(_ENDED)})"
        found = self._first(f"{_RUNS} {where} {_NEWEST} LIMIT 1", cloud, *_ENDED)
        return plain.run_of(found) if found else None

    def newest(self, cloud: str | None = None) -> Run | None:
        """The newest run."""
        found = self._first(f"{_RUNS} WHERE cloud = coalesce(?, cloud) {_NEWEST} LIMIT 1", cloud)
        return plain.run_of(found) if found else None

    def run(self, run_id: str) -> Run:
        """One run by its id."""
        found = self._first(f"{_RUNS} WHERE id = ?", run_id)
        if found is None:
            raise refusals.unknown_run(run_id)
        return plain.run_of(found)

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan."""
        document = dict(self.plan_head(run_id))
        if "steps" in document:
            document["steps"] = list(self._plan_steps(run_id))
        return document

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The same with the number of its steps in their place."""
        found = self._first("SELECT document FROM plan JOIN run ON run.plan_hash = plan.hash WHERE run.id = ?", run_id)
        if found is None:
            raise refusals.unknown_run(run_id)
        head: dict[str, Any] = json.loads(found[0])
        return head

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps."""
        return self._plan_steps(run_id, f"AND plan_step.id IN ({_marks(ids)})", *ids)

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        found = self._all("SELECT state, count(*) FROM step WHERE run = ? GROUP BY state", run_id)
        return {StepState(state): number for state, number in found}

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        """Where each step stands, or these."""
        named = f" AND id IN ({_marks(ids)})" if ids is not None else ""
        within = f" AND state IN ({_marks(states)})" if states else ""
        query = f"{_STEPS}{named}{within} ORDER BY position LIMIT ?"
        given = (*(ids or ()), *(str(state) for state in states), -1 if most is None else most)
        return tuple(map(plain.status_of, self._all(query, run_id, *given)))

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took."""
        mine = self._first(
            "SELECT run.cloud, run.created_at, plan_step.sort, plan_step.position FROM run "
            "JOIN plan_step ON plan_step.plan = run.plan_hash WHERE run.id = ? AND plan_step.id = ?",
            run_id,
            step,
        )
        if mine is None:
            return ()
        cloud, created, sort, position = mine
        earlier = self._all(
            f"SELECT id FROM run WHERE cloud = ? AND created_at < ? {_NEWEST} LIMIT ?",  # noqa: S608  # our own words
            cloud,
            created,
            _EARLIER,
        )
        found: list[timedelta] = []
        for run, before in ((run_id, position), *((row[0], 2**31) for row in earlier)):
            rows = self._all(_TOOK, run, sort, before, most - len(found))
            found += [datetime.fromisoformat(end) - datetime.fromisoformat(start) for start, end in rows]
        return tuple(found)

    def attempts(self, run_id: str, step: str | None = None) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began."""
        query = f"{_ATTEMPTS} AND step = coalesce(?, step) ORDER BY started_at, step, number"
        if step is not None:
            query = f"{_ATTEMPTS} AND step = ? ORDER BY started_at, step, number"
        return tuple(map(plain.attempt_of, self._all(query, run_id, step)))

    def events(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """The events behind number `after`."""
        query = f"{_EVENTS} AND seq > ? ORDER BY seq LIMIT ?"
        return tuple(map(plain.event_of, self._all(query, run_id, after, -1 if limit is None else limit)))

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        found = self._first(f"{_EVENTS} ORDER BY seq DESC LIMIT 1", run_id)
        return plain.event_of(found) if found else None

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects."""
        return tuple(map(plain.effect_of, self._all(_EFFECTS, run_id, cloud)))

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run."""
        query = f"{_COMMANDS}{' AND result IS NULL' if unsettled else ''} ORDER BY at, id"
        return tuple(map(plain.command_of, self._all(query, run_id)))

    def revision(self) -> str:
        """The shape of its tables."""
        return str(self._first("SELECT version_num FROM alembic_version")[0])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _plan_steps(self, run_id: str, more: str = "", *given: str) -> tuple[dict[str, Any], ...]:
        query = f"{_PLAN_STEPS} {more} ORDER BY plan_step.position"
        documents = ",".join(row[0] for row in self._all(query, run_id, *given))
        return tuple(json.loads(f"[{documents}]"))

    def _first(self, query: str, *given: Any) -> Any:
        with self._told():
            return self._database.execute(query, given).fetchone()

    def _all(self, query: str, *given: Any) -> list[Any]:
        with self._told():
            return self._database.execute(query, given).fetchall()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the database raises, said as the whole store says it."""
        try:
            yield
        except sqlite3.Error as error:
            from stairlift.store.troubles import of_sqlite  # imports what this module is there to avoid

            raise of_sqlite(error, str(self._file)) from error


def open_lean(url: str, locks: Path) -> LeanRecords | None:
    """The records at a database URL; None where only the whole store can open it, or say what is wrong with it."""
    file = Path(url.removeprefix(_PREFIX))
    if not url.startswith(_PREFIX) or "?" in url or not file.is_file():
        return None
    try:
        records = LeanRecords(file, locks)
        return records if records.revision() == REVISIONS[-1] else None
    except (sqlite3.Error, StairliftError):
        return None


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))
