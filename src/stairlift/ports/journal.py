"""What is on record, and its one writer."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from stairlift.model.effect import Effect
from stairlift.model.run import (
    Attempt,
    AttemptId,
    AttemptResult,
    Change,
    Command,
    EndedAttempt,
    Event,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)


class Journal(Protocol):
    """The one writer of a cloud's runs, for as long as it holds the lease.

    Every method checks and renews the lease in the transaction that it writes, and raises Refusal (run.lease_lost)
    having written nothing where another process took over, StairliftError (store.*) where nothing can be written.
    """

    def create_run(
        self,
        run: Run,
        plan: Mapping[str, Any],
        steps: Sequence[str],
        *,
        carried: Sequence[Change] = (),
        replaced: tuple[str, Sequence[Change]] | None = None,
    ) -> Run:
        """Put a new run on record, with its plan's document and the ids of its steps in order.

        `carried` are changes of steps that an earlier run has settled. `replaced` is the id of the run in whose place
        this one comes, with the changes that end it: both or neither are on record.
        Refusal (run.in_flight) while attempts of another run of the cloud have not come to their end.
        """
        ...

    def commit(self, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        """Write all changes, durably, or none."""
        ...

    def renew(self) -> None:
        """Say that the holder lives. Leaves no event."""
        ...


class Records(Protocol):
    """What is on record about runs, for any number of readers.

    A run that does not exist is a UsageError (run.unknown), trouble with the database a StairliftError (store.*).
    """

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud."""
        ...

    def runs(
        self,
        cloud: str | None = None,
        *,
        states: Collection[RunState] = (),
        behind: str | None = None,
        most: int | None = None,
    ) -> tuple[Run, ...]:
        """All runs, the newest first: or those in these states, those behind a run in this order, the first so many.

        UsageError (page.unknown_marker) where there is no run to be `behind`.
        """
        ...

    def unfinished(self) -> tuple[Run, ...]:
        """All runs that are not over for good, the newest first."""
        ...

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        ...

    def newest(self, cloud: str | None = None) -> Run | None: ...

    def run(self, run_id: str) -> Run: ...

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of the plan that a run carries out."""
        ...

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The same with the number of its steps in their place."""
        ...

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps of the plan, in its order; unknown ids are left out."""
        ...

    def each_plan_step(self, run_id: str) -> Iterator[Mapping[str, Any]]:
        """The documents of all steps of the plan, one after the other: nobody has to have all of them at once."""
        ...

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        ...

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        """Where each step stands, in the order of the plan: of all, or only of these, in these states, the first."""
        ...

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took that ended well: same action, services and strategy.

        Of this run those before it in the plan, then those of the runs before; the newest first, at most so many.
        """
        ...

    def lengths(self, cloud: str, most: int, before: datetime | None = None) -> Mapping[str, tuple[timedelta, ...]]:
        """By sort (`model.likeness`), how long steps of a cloud took that are done; the newest first, at most so many.

        From the beginning of the attempt that ended well until its services had reported, of the newest five runs, or
        of those that were made before a time.
        """
        ...

    def ended(self, run_id: str) -> tuple[EndedAttempt, ...]:
        """Every attempt of a run whose work has ended, as far as numbers are made of it; in no order."""
        ...

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
        """Where steps stand, each with its document of the plan, in its order: the first that are as it is asked for.

        `behind` is the step from which on they are looked for. UsageError (page.unknown_marker) where it is none.
        """
        ...

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
        """Every attempt, in the order in which they began: or those with these results, the first so many.

        `behind` is the attempt from which on, in this order. UsageError (page.unknown_marker) where there is none such.
        """
        ...

    def attempts_of(self, run_id: str, steps: Collection[str]) -> tuple[Attempt, ...]:
        """Every attempt at these steps, in the order in which they began; at most 20,000 steps."""
        ...

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
        ...

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        ...

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects, in the order in which they were made: of a run, of a cloud's runs, of all."""
        ...

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run, in the order in which it came."""
        ...


class Store(Records, Protocol):
    """Where it is on record; `hold` makes the one writer."""

    def hold(self, cloud: str) -> AbstractContextManager[Journal]:
        """Take the lease of a cloud. Refusal (run.cloud_busy) at once, with nothing written, while another has it."""
        ...

    def tell(self, command: Command) -> Command:
        """Put a command on record and give it back as it stands; the same id again records nothing.

        Refusal (run.command_conflict) where the id is that of another command.
        """
        ...

    def close(self) -> None: ...
