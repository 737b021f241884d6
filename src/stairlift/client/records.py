"""A server's journal as `ports.Records` has it. Times, numbers and orders are the server's own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from stairlift.client.connection import Connection
from stairlift.client.documents import (
    attempt_of,
    command_of,
    effect_of,
    event_of,
    orchestrator_of,
    run_of,
    status_of,
)
from stairlift.model.effect import Effect
from stairlift.model.errors import UsageError
from stairlift.model.likeness import sort_of
from stairlift.model.run import (
    FINAL_RUN_STATES,
    OVER,
    Attempt,
    AttemptId,
    AttemptResult,
    Command,
    EndedAttempt,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.report.text import stamp

#: Of more steps than these the whole plan is asked for, and kept.
_FEW = 100


class ServerRecords:
    """Fills `ports.Records`, which says what each is for. Raises what the server raised, and as `Connection` does."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._runs: dict[str, tuple[Run, str]] = {}
        self._plans: dict[str, Mapping[str, Any]] = {}
        self._heads: dict[str, Mapping[str, Any]] = {}

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """By the list of all clouds: of some no address bears the name."""
        known = {found["name"]: found for found in self.connection.get("/v1/clouds")["clouds"]}
        return orchestrator_of(cloud, known[cloud]["orchestrator"]) if cloud in known else None

    def runs(
        self,
        cloud: str | None = None,
        *,
        states: Collection[RunState] = (),
        behind: str | None = None,
        most: int | None = None,
    ) -> tuple[Run, ...]:
        one = {"state": str(next(iter(states)))} if len(states) == 1 else {}
        asked = most if len(states) < 2 else None
        rows = self.connection.pages("/v1/runs", "runs", asked, cloud=cloud, marker=behind, **one)
        found = (run for run in map(run_of, rows) if not states or run.state in states)
        return tuple(found)[:most]

    def unfinished(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs() if run.state not in FINAL_RUN_STATES)

    def active(self, cloud: str | None = None) -> Run | None:
        return next((run for run in self.runs(cloud) if run.state not in OVER), None)

    def newest(self, cloud: str | None = None) -> Run | None:
        return next(iter(self.runs(cloud, most=1)), None)

    def run(self, run_id: str) -> Run:
        """Whatever changes it is an event, so the number of the newest tells whether it has."""
        known, tag = self._runs.get(run_id, (None, ""))
        found, tag = self.connection.since(at(run_id), tag)
        if known is None or found is not None:
            known = run_of(found)
            self._runs[run_id] = known, tag
        return known

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """It never changes, so it is asked for once."""
        if run_id not in self._plans:
            self._plans[run_id] = self.connection.get(at(run_id, "plan"))
        return self._plans[run_id]

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        if run_id not in self._heads:
            self._heads[run_id] = self.connection.get(at(run_id, "plan"), head=True)
        return self._heads[run_id]

    def each_plan_step(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        yield from self.plan(run_id)["steps"]

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        wanted = set(ids)
        if run_id in self._plans or len(wanted) > _FEW:
            return tuple(step for step in self.plan(run_id)["steps"] if step["id"] in wanted)
        found = self.connection.get(at(run_id, "plan"), step=sorted(wanted)) if wanted else {"steps": ()}
        return tuple(found["steps"])

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        found = self.connection.get(at(run_id, "status"))["steps"]
        return {StepState(state): number for state, number in found.items()}

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        if ids is not None and not ids:
            return ()
        wanted = None if ids is None else set(ids)
        found = (status for status, _ in self._steps(run_id, states, None if ids else most))
        return tuple(status for status in found if wanted is None or status.id in wanted)[:most]

    def _steps(
        self, run_id: str, states: Collection[StepState], most: int | None, **narrowed: str | None
    ) -> Iterator[tuple[StepStatus, Mapping[str, Any]]]:
        asked = sorted(map(str, states)) or None
        rows = self.connection.pages(at(run_id, "steps"), "steps", most, state=asked, **narrowed)
        yield from ((status_of(row), row) for row in rows)

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
        found = tuple(self._steps(run_id, states, most, stage=stage, host=host, marker=behind))
        planned = {step["id"]: step for step in self.plan_steps(run_id, {status.id for status, _ in found})}
        return tuple((status, planned[status.id]) for status, _ in found)

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        found = self.connection.get(at(run_id, "took"), step=step, limit=most)
        return tuple(map(_length, found["took"]))

    def lengths(self, cloud: str, most: int, before: datetime | None = None) -> Mapping[str, tuple[timedelta, ...]]:
        found = self.connection.get("/v1/lengths", cloud=cloud, limit=most, before=stamp(before))
        return {sort: tuple(map(_length, lengths)) for sort, lengths in found["lengths"].items()}

    def ended(self, run_id: str) -> tuple[EndedAttempt, ...]:
        sorts = {s["id"]: sort_of(s["action"], s["services"], s["strategy"]) for s in self.plan(run_id)["steps"]}
        return tuple(
            EndedAttempt(sorts[a.id.step], a.result, a.ended_at - a.started_at, a.undo)
            for a in self.attempts(run_id)
            if a.result is not None and a.ended_at is not None
        )

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
        all_of_them = newest_first or bool(results)
        marker = f"{behind.step}/{behind.number}" if behind and not newest_first else None
        asked = None if all_of_them else most
        rows = self.connection.pages(at(run_id, "attempts"), "attempts", asked, step=step, marker=marker)
        found: Sequence[Attempt] = [attempt_of(run_id, row) for row in rows]
        if newest_first:
            found = _behind(tuple(reversed(found)), behind)
        return tuple(attempt for attempt in found if not results or attempt.result in results)[:most]

    def attempts_of(self, run_id: str, steps: Collection[str]) -> tuple[Attempt, ...]:
        wanted = set(steps)
        return tuple(attempt for attempt in self.attempts(run_id) if attempt.id.step in wanted)

    def events(
        self,
        run_id: str,
        after: int = 0,
        limit: int | None = None,
        *,
        step: str | None = None,
        kinds: Collection[str] = (),
    ) -> tuple[Event, ...]:
        narrowed = step is not None or bool(kinds)
        rows = self.connection.pages(at(run_id, "events"), "events", None if narrowed else limit, after=after)
        found = (event_of(run_id, row) for row in rows)
        fits = (e for e in found if (step is None or e.step == step) and (not kinds or e.kind in kinds))
        return tuple(fits)[:limit]

    def latest(self, run_id: str) -> Event | None:
        """Its number is the tag of the run."""
        _, tag = self.connection.since(at(run_id), "*")
        seq = int(tag.strip('"'))
        return next(iter(self.events(run_id, seq - 1, 1)), None) if seq else None

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        if run_id is not None:
            return tuple(map(effect_of, self.connection.get(at(run_id, "ledger"))["effects"]))
        ledgers = self.connection.get("/v1/ledger", cloud=cloud)["ledgers"]
        found = (effect_of(effect) for ledger in reversed(ledgers) for effect in ledger["effects"])
        return tuple(sorted(found, key=lambda effect: effect.at))

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        found = (command_of(run_id, row) for row in self.connection.get(at(run_id, "commands"))["commands"])
        return tuple(command for command in found if not unsettled or command.result is None)


def at(run_id: str, *rest: str) -> str:
    """The address of a run, or of something of it. UsageError (run.unknown) for a name that no run can have."""
    if not run_id or "/" in run_id or run_id in {".", ".."}:
        raise UsageError(
            code="run.unknown", brief=f"there is no run {run_id!r}", resolution="`stairlift list` names all runs."
        )
    return "/".join(("/v1/runs", *(quote(part, safe="") for part in (run_id, *rest))))


def _length(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _behind(found: tuple[Attempt, ...], marker: AttemptId | None) -> tuple[Attempt, ...]:
    if marker is None:
        return found
    place = next((place for place, attempt in enumerate(found) if attempt.id == marker), len(found))
    return found[place + 1 :]
