"""Where the journal and the attempts of this installation are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.model.run import FINAL_RUN_STATES, Attempt, Run, RunState
from stairlift.model.scope import HARMLESS
from stairlift.ports import Store
from stairlift.report.prepared import Found, found_by
from stairlift.report.status import Standing
from stairlift.store.opening import open_engine, upgrade
from stairlift.store.sql import open_store
from stairlift.wiring.settings import Settings
from stairlift.wiring.tasks import task_at_hand

_OVER = FINAL_RUN_STATES | {RunState.FAILED}


@dataclass(frozen=True, slots=True)
class Office:
    """The journal, and the folders of attempts below the state directory."""

    store: Store
    executor: LocalExecutor
    state_dir: Path

    def run(self, name: str | None, cloud: str | None = None) -> Run:
        """The run that is meant: the named one, else the active one of the cloud, else its newest.

        Where no cloud is named, of all clouds. Raises UsageError (run.unknown, run.none), and (run.ambiguous) where
        several clouds have an active run: what is typed next might be meant for another one.
        """
        if name:
            return self.store.run(name)
        active = {} if cloud else {r.cloud: r for r in self.store.runs() if r.state not in _OVER}
        if len(active) > 1:
            raise _ambiguous(active.values())
        found = self.store.active(cloud) or self.store.newest(cloud)
        if found is None:
            raise _no_run(cloud)
        return found

    def plan(self, run: Run) -> Plan:
        """The plan that a run carries out."""
        return from_document(self.store.plan(run.id))

    def standing(self, run: Run, plan: Plan) -> Standing:
        """Where a run stands at this moment."""
        shown = Standing(
            run=run,
            plan=plan,
            steps=self.store.steps(run.id),
            orchestrator=self.store.orchestrator(run.cloud),
            told=self.store.commands(run.id, unsettled=True),
        )
        found = self.found(run, plan) if shown.waits_for_plan else ()
        return replace(shown, doing=self.doing(run.id, shown.busy()), found=found)

    def found(self, run: Run, plan: Plan) -> tuple[Found, ...]:
        """What the newest attempts of stage `prepare` have to say."""
        mine = {step.id for step in plan.steps if step.stage == HARMLESS}
        newest = {attempt.id.step: attempt for attempt in self.store.attempts(run.id) if attempt.id.step in mine}
        return found_by(newest.values())

    def doing(self, run_id: str, steps: Iterable[str]) -> dict[str, str]:
        """The task at hand of these steps, as far as their attempts tell it."""
        found = {}
        for step in steps:
            attempts = self.store.attempts(run_id, step)
            task = task_at_hand(Path(self.executor.folder(attempts[-1].id))) if attempts else ""
            if task:
                found[step] = task
        return found

    def file(self, attempt: Attempt, name: str) -> Path:
        """A file of an attempt, such as its log."""
        return Path(self.executor.folder(attempt.id)) / name


def _ambiguous(runs: Iterable[Run]) -> UsageError:
    named = ", ".join(f"{run.id} ({run.cloud})" for run in runs)
    return UsageError(
        code="run.ambiguous",
        brief=f"several clouds have an active run: {named}",
        resolution="name the run, or OS_CLOUD",
    )


def _no_run(cloud: str | None) -> UsageError:
    where = f" of the cloud {cloud}" if cloud else ""
    return UsageError(
        code="run.none",
        brief=f"there is no run{where} yet",
        resolution="`stairlift run PLAN.json` makes one"
        + ("; `stairlift list` names those of all clouds" if cloud else ""),
    )


def open_office(settings: Settings) -> Office:
    """Open the journal and make the state directory, which only its owner may read.

    Raises StairliftError (state.unusable, store.*) where that cannot be done.
    """
    state = _made(settings.state_dir)
    store = open_store(settings.database_url, state / "locks")
    return Office(store, LocalExecutor(state / "attempts"), state)


def upgrade_database(settings: Settings) -> None:
    """Bring the journal's database to the shape that this version knows. Raises as `open_office` does."""
    _made(settings.state_dir)
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


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
