"""What is on record, and its one writer."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

from stairlift.model.effect import Effect
from stairlift.model.run import Attempt, Change, Command, Event, Orchestrator, Run, StepState, StepStatus


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

    def runs(self, cloud: str | None = None) -> tuple[Run, ...]:
        """All runs, the newest first."""
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

    def attempts(self, run_id: str, step: str | None = None) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began."""
        ...

    def events(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """The events behind number `after`."""
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
