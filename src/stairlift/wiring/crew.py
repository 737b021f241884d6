"""The workers of the journal's database, as an orchestrator has them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stairlift.execute.local import LocalExecutor
from stairlift.execute.queue.delivery import Courier, scripts
from stairlift.execute.queue.executor import QueueExecutor
from stairlift.execute.queue.following import Patience
from stairlift.execute.routing import RoutingExecutor
from stairlift.model.dispatch import WorkerSeen
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Plan
from stairlift.model.run import AttemptId
from stairlift.ports import Dispatch, Executor
from stairlift.report.workers import queue_trouble
from stairlift.store.delivery_schema import upgrade_deliveries
from stairlift.store.dispatching import SqlDispatch
from stairlift.store.opening import is_sqlite, open_engine
from stairlift.store.server import reach
from stairlift.wiring.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Crew:
    """Orders go to `dispatch`; `courier` tells workers that they are there."""

    dispatch: Dispatch
    courier: Courier
    attempts: Path
    ttl: float

    def executor(self, local: LocalExecutor, plan: Plan) -> Executor:
        """Attempts of this plan, each to where its step belongs."""
        queues = {step.id: step.queue for step in plan.steps}
        frozen = fingerprints(plan)
        remote = QueueExecutor(
            self.attempts,
            self.dispatch,
            self.courier.deliver,
            frozen=lambda attempt: frozen.get(attempt.step, {}),
            patience=Patience(again=self.ttl),
        )
        return RoutingExecutor(
            local, remote, elsewhere=self.dispatch.without_order, queue_of=lambda attempt: queues.get(attempt.step, "")
        )

    def workers(self) -> Sequence[WorkerSeen]:
        """Every worker there is."""
        return self.dispatch.workers()

    def trouble(self, queues: Iterable[str]) -> dict[str, str]:
        """Of these queues, those from which nobody takes anything: why, in a sentence."""
        workers = self.workers()
        found = {queue: queue_trouble(queue, workers, self.ttl) for queue in queues}
        return {queue: why for queue, why in found.items() if why}

    def queued(self, attempts: Iterable[AttemptId]) -> dict[str, str]:
        """Of these attempts, the steps of those that no worker has taken yet: why nobody does, or nothing."""
        waiting = [seen for seen in self.dispatch.find(list(attempts)).values() if seen.state == "queued"]
        trouble = self.trouble({seen.queue for seen in waiting}) if waiting else {}
        return {seen.attempt.step: trouble.get(seen.queue, "") for seen in waiting}

    def places(self, attempts: Iterable[AttemptId]) -> dict[AttemptId, str]:
        """On which worker each of these attempts is, as far as it is on one."""
        found = self.dispatch.find(list(attempts))
        return {attempt: seen.worker for attempt, seen in found.items() if seen.state == "claimed"}


def fingerprints(plan: Plan) -> dict[str, Mapping[str, str]]:
    """By step: the files that the plan recorded of its strategy."""
    of_binding = {binding.id: binding.files for binding in plan.bindings}
    return {step.id: of_binding.get(step.strategy or "", {}) for step in plan.steps}


def open_crew(settings: Settings, attempts: Path) -> Crew | None:
    """The workers of a journal on a server; None for one in a file, which no worker reaches."""
    engine = open_engine(settings.database_url)
    if is_sqlite(engine):
        engine.dispose()
        return None
    return Crew(SqlDispatch(engine), Courier(reach(engine)), attempts, settings.lease_ttl)


def upgrade_queue(settings: Settings) -> str:
    """Bring the task queue's tables to the shape that its installed version needs; what there is to say about it.

    Without the queue here, a journal can be used without workers all the same.
    """
    engine = open_engine(settings.database_url)
    try:
        if is_sqlite(engine):
            return ""
        upgrade_deliveries(engine, *scripts())
    except StairliftError as wrong:
        if wrong.code != "queue.not_installed":
            raise
        return f"{wrong.brief}; the journal itself is ready"
    finally:
        engine.dispose()
    return ""
