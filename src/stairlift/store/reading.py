"""What is on record, read in plain SQL that every database understands, without SQLAlchemy.

`stairlift status` is typed again and again, by people and by scripts: SQLAlchemy's import takes more time than all that
it reads.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.run import (
    FINAL_RUN_STATES,
    Attempt,
    AttemptId,
    AttemptResult,
    Command,
    EndedAttempt,
    Event,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.store import paging, plain, refusals
from stairlift.store.paging import Ask

_ENDED = tuple(str(state) for state in (*FINAL_RUN_STATES, RunState.FAILED))
#: So many runs before a run tell how long its steps may take.
_EARLIER = 5
#: Behind every step of every plan.
_BEHIND_ALL = 2**31


def _select(columns: Sequence[str], source: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608  # our own words


_RUNS = _select(plain.RUN, "run")
_NEWEST = "ORDER BY created_at DESC, id DESC"
_STEPS = _select(plain.STATUS, "step")
_EVENTS = _select(plain.EVENT, "event")
_COMMANDS = _select(plain.COMMAND, "command")
_EFFECTS = _select([f"effect.{name}" for name in plain.EFFECT], "effect JOIN run ON run.id = effect.run")
_PLAN = "SELECT CAST(document AS TEXT) FROM plan JOIN run ON run.plan_hash = plan.hash WHERE run.id = ?"
_PLAN_STEPS = "SELECT CAST(document AS TEXT) FROM plan_step JOIN run ON run.plan_hash = plan_step.plan WHERE run.id = ?"
#: In the order of their index: asked for that of the plan, SQLite looks at all steps for a few.
_SOME_PLAN_STEPS = (
    "SELECT plan_step.position, CAST(document AS TEXT) FROM plan_step JOIN run ON run.plan_hash = plan_step.plan "
    "WHERE run.id = ? AND plan_step.id IN ({ids}) ORDER BY plan_step.id"
)
_LIKE = (
    "SELECT run.cloud, run.created_at, plan_step.sort, plan_step.position FROM run "
    "JOIN plan_step ON plan_step.plan = run.plan_hash WHERE run.id = ? AND plan_step.id = ?"
)
#: The newest first, which are those that come last in the plan: from a step backwards nearly everything is done, so
#: that hardly more rows are looked at than are given.
_TOOK = (
    "SELECT attempt.started_at, attempt.ended_at FROM run JOIN plan_step ON plan_step.plan = run.plan_hash "
    "JOIN attempt ON attempt.run = run.id AND attempt.step = plan_step.id "
    "WHERE run.id = ? AND plan_step.sort = ? AND plan_step.position < ? AND attempt.result = 'done' "
    "AND NOT attempt.undo ORDER BY plan_step.position DESC LIMIT ?"
)
#: Of each sort the newest, whatever else there is: a run of 40,000 steps has few sorts.
_LENGTHS = (
    "SELECT sort, began, over FROM (SELECT plan_step.sort AS sort, attempt.started_at AS began, step.ended_at AS over, "
    "row_number() OVER (PARTITION BY plan_step.sort ORDER BY attempt.started_at DESC) AS place FROM run "
    "JOIN plan_step ON plan_step.plan = run.plan_hash JOIN step ON step.run = run.id AND step.id = plan_step.id "
    "JOIN attempt ON attempt.run = run.id AND attempt.step = step.id AND attempt.number = step.attempt "
    "WHERE run.id IN ({runs}) AND step.state = 'done' AND step.ended_at IS NOT NULL AND NOT attempt.undo) "
    "AS newest WHERE place <= ? ORDER BY sort, place"
)
_ENDED_ATTEMPTS = (
    "SELECT plan_step.sort, attempt.result, attempt.undo, attempt.started_at, attempt.ended_at FROM attempt "
    "JOIN run ON run.id = attempt.run JOIN plan_step ON plan_step.plan = run.plan_hash "
    "AND plan_step.id = attempt.step WHERE attempt.run = ? AND attempt.result IS NOT NULL "
    "AND attempt.ended_at IS NOT NULL"
)


class Reading:
    """Fills ports.Records but for who orchestrates: that is no matter of rows alone.

    Each answer is as one question finds the journal, whose rows a writer never leaves half done.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def runs(
        self,
        cloud: str | None = None,
        *,
        states: Collection[RunState] = (),
        behind: str | None = None,
        most: int | None = None,
    ) -> tuple[Run, ...]:
        """All runs, the newest first, or some of them."""
        return paging.runs(self._ask, cloud, states, behind, most)

    def unfinished(self) -> tuple[Run, ...]:
        """Runs that are not over for good, the newest first."""
        over = tuple(map(str, FINAL_RUN_STATES))
        return tuple(map(plain.run_of, self._ask(f"{_RUNS} WHERE state NOT IN ({_marks(over)}) {_NEWEST}", over)))

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        where, given = _where(cloud=cloud)
        ended = f"{'AND' if where else 'WHERE'} state NOT IN ({_marks(_ENDED)})"
        return self._run(f"{where} {ended} {_NEWEST} LIMIT 1", *given, *_ENDED)

    def newest(self, cloud: str | None = None) -> Run | None:
        """The newest run."""
        where, given = _where(cloud=cloud)
        return self._run(f"{where} {_NEWEST} LIMIT 1", *given)

    def run(self, run_id: str) -> Run:
        """One run by its id."""
        found = self._run("WHERE id = ?", run_id)
        if found is None:
            raise refusals.unknown_run(run_id)
        return found

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of a run's plan."""
        import orjson  # a third of the time for 40,000 steps; what `status` reads is not worth the import

        document = dict(self.plan_head(run_id))
        if "steps" in document:
            found = self._ask(f"{_PLAN_STEPS} ORDER BY plan_step.position", (run_id,))
            document["steps"] = orjson.loads(f"[{','.join(row[0] for row in found)}]")  # parsed in one go
        return document

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The same with the number of its steps in their place."""
        found = self._first(_PLAN, run_id)
        if found is None:
            raise refusals.unknown_run(run_id)
        head: dict[str, Any] = json.loads(found[0])
        return head

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps."""
        found = self._ask(_SOME_PLAN_STEPS.format(ids=_marks(ids)), (run_id, *ids)) if ids else ()
        return tuple(json.loads(document) for _, document in sorted(tuple(row) for row in found))

    def each_plan_step(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        """The documents of all steps."""
        import orjson

        self.run(run_id)
        rows = self._ask(f"{_PLAN_STEPS} ORDER BY plan_step.position", (run_id,))
        return (orjson.loads(row[0]) for row in rows)

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        found = self._ask("SELECT state, count(*) FROM step WHERE run = ? GROUP BY state", (run_id,))
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
        if ids is not None and not ids:
            return ()
        query, given = f"{_STEPS} WHERE run = ?", [run_id]
        for column, values in (("id", ids), ("state", states)):
            if values:
                query, given = f"{query} AND {column} IN ({_marks(values)})", [*given, *map(str, values)]
        found = self._ask(*_limited(f"{query} ORDER BY position", given, most))
        return tuple(map(plain.status_of, found))

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took: of the run itself before the step, then of earlier runs."""
        mine = self._first(_LIKE, run_id, step)
        if mine is None:
            return ()
        cloud, created, sort, position = mine
        query = f"SELECT id FROM run WHERE cloud = ? AND created_at < ? {_NEWEST} LIMIT ?"  # noqa: S608  # our own words
        earlier = self._ask(query, (cloud, created, _EARLIER))
        found: list[timedelta] = []
        for run, before in ((run_id, position), *((row[0], _BEHIND_ALL) for row in earlier)):
            if len(found) < most:
                found += map(plain.length_of, self._ask(_TOOK, (run, sort, before, most - len(found))))
        return tuple(found)

    def lengths(self, cloud: str, most: int, before: datetime | None = None) -> Mapping[str, tuple[timedelta, ...]]:
        """By sort, how long steps of a cloud took that are done."""
        runs = [run.id for run in self.runs(cloud) if before is None or run.created_at < before][:_EARLIER]
        found: dict[str, list[timedelta]] = {}
        for sort, *times in self._ask(_LENGTHS.format(runs=_marks(runs)), (*runs, most)) if runs else ():
            found.setdefault(sort, []).append(plain.length_of(times))
        return {sort: tuple(lengths) for sort, lengths in found.items()}

    def ended(self, run_id: str) -> tuple[EndedAttempt, ...]:
        """Every attempt of a run whose work has ended."""
        found = self._ask(_ENDED_ATTEMPTS, (run_id,))
        return tuple(EndedAttempt(sort, result, plain.length_of(t), bool(undo)) for sort, result, undo, *t in found)

    def step_page(
        self,
        run_id: str,
        *,
        states: Collection[StepState] = (),
        stage: str | None = None,
        host: str | None = None,
        behind: str | None = None,
        most: int = 100,
    ) -> tuple[tuple[StepStatus, Mapping[str, Any]], ...]:
        """Where steps stand, with their documents."""
        return paging.steps(self._ask, self.run(run_id), (states, stage, host), behind, most)

    def attempts(
        self,
        run_id: str,
        step: str | None = None,
        *,
        results: Collection[AttemptResult] = (),
        behind: AttemptId | None = None,
        newest_first: bool = False,
        most: int | None = None,
    ) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began, or some of them."""
        found = paging.newest_attempts if newest_first else paging.attempts
        return found(self._ask, (run_id, step), results, behind, most)

    def attempts_of(self, run_id: str, steps: Collection[str]) -> tuple[Attempt, ...]:
        """Every attempt at these steps."""
        return paging.attempts_of(self._ask, run_id, steps)

    def events(
        self,
        run_id: str,
        after: int = 0,
        limit: int | None = None,
        *,
        step: str | None = None,
        kinds: Collection[str] = (),
    ) -> tuple[Event, ...]:
        """The events behind number `after`: all, or those of a step, of some kinds."""
        where, given = _where(run=run_id, step=step)
        among = f" AND kind IN ({_marks(kinds)})" if kinds else ""
        query = f"{_EVENTS} {where} AND seq > ?{among} ORDER BY seq"
        return tuple(map(plain.event_of, self._ask(*_limited(query, (*given, after, *kinds), limit))))

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        found = self._first(f"{_EVENTS} WHERE run = ? ORDER BY seq DESC LIMIT 1", run_id)
        return plain.event_of(found) if found else None

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects."""
        where, given = _where(**{"effect.run": run_id, "run.cloud": cloud})
        found = self._ask(f"{_EFFECTS} {where} ORDER BY effect.at, effect.run, effect.id", given)
        return tuple(map(plain.effect_of, found))

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run."""
        query = f"{_COMMANDS} WHERE run = ?{' AND result IS NULL' if unsettled else ''} ORDER BY at, id"
        return tuple(map(plain.command_of, self._ask(query, (run_id,))))

    def _run(self, where: str, *given: Any) -> Run | None:
        found = self._first(f"{_RUNS} {where}", *given)
        return plain.run_of(found) if found else None

    def _first(self, query: str, *given: Any) -> Any:
        found = self._ask(query, given)
        return found[0] if found else None


def _where(**columns: str | None) -> tuple[str, tuple[str, ...]]:
    """The columns that are asked for, and their values."""
    given = {column: value for column, value in columns.items() if value is not None}
    return (f"WHERE {' AND '.join(f'{column} = ?' for column in given)}" if given else "", tuple(given.values()))


def _limited(query: str, given: Sequence[Any], most: int | None) -> tuple[str, Sequence[Any]]:
    return (query, given) if most is None else (f"{query} LIMIT ?", (*given, most))


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))
