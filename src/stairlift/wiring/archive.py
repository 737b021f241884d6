"""What is on record about runs, read as far as it is shown: a run of 40,000 steps has few that need a line."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stairlift.model.availability import METER, Totals
from stairlift.model.errors import UsageError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document, step_from_document
from stairlift.model.release import Release
from stairlift.model.run import FINAL_RUN_STATES, OVER, SETTLED, Attempt, AttemptId, Run, StepState
from stairlift.ports import Records
from stairlift.report.expected import MOST, Expected, Slow, could_be_slow, slow
from stairlift.report.prepared import Found, found_by
from stairlift.report.status import Standing
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import Settings

if TYPE_CHECKING:  # what only some standings need is imported for them
    from stairlift.model.hindrance import Hindrance
    from stairlift.model.plan import Step

#: Steps of which there is nothing to say but how many they are.
_PLAIN = frozenset({StepState.PENDING, StepState.UNDONE, *SETTLED})
_REMARKABLE = frozenset(StepState) - _PLAIN
#: The task at hand of these attempts, by step.
Tasks = Callable[[Sequence[AttemptId]], Mapping[str, str]]
#: Of these attempts, the steps of those that no worker has taken yet, with the reason if there is one.
Queued = Callable[[Sequence[AttemptId]], Mapping[str, str]]
#: Where the meter of this run stands.
Metered = Callable[[str], Totals | None]


def nowhere_queued(_attempts: Sequence[AttemptId]) -> Mapping[str, str]:
    """Where there are no workers."""
    return {}


def not_metered(_run: str) -> Totals | None:
    """Where nobody measures."""
    return None


@dataclass(frozen=True, slots=True)
class Archive:
    """Reads the journal and, through `tasks` and `queued`, what attempts at work tell; `metered` is their meter."""

    records: Records
    tasks: Tasks
    queued: Queued = nowhere_queued
    metered: Metered = not_metered

    def run(self, name: str | None, cloud: str | None = None) -> Run:
        """The run that is meant: the named one, else the active one of the cloud, else its newest.

        Where no cloud is named, of all clouds. Raises UsageError (run.unknown, run.none), and (run.ambiguous) where
        several clouds have an active run: what is typed next might be meant for another one.
        """
        if name is not None:  # an empty one is a variable that a script has not set, and means no run
            return self.records.run(name)
        active = {} if cloud else {r.cloud: r for r in self.records.runs() if r.state not in OVER}
        if len(active) > 1:
            raise _ambiguous(active.values())
        found = self.records.active(cloud) or self.records.newest(cloud)
        if found is None:
            raise _no_run(cloud)
        return found

    def standing(self, run: Run) -> Standing:
        """Where a run stands at this moment, with the steps that there is something to say about."""
        counts = self.records.counts(run.id)
        shown = Standing(
            run=run,
            plan=_part(run, ()),
            steps=self.records.steps(run.id, states=_REMARKABLE) if set(counts) - _PLAIN else (),
            orchestrator=self.records.orchestrator(run.cloud),
            told=self.records.commands(run.id, unsettled=True),
            counts=counts,
        )
        steps = self.records.plan_steps(run.id, shown.shown()) if shown.steps else ()
        return self.told(replace(shown, plan=_part(run, map(step_from_document, steps))))

    def standing_of_all(self, run: Run, plan: Plan | None = None) -> Standing:
        """Where a run stands, with every step; `plan` is its plan for who has read it before."""
        return self.told(
            Standing(
                run=run,
                plan=plan or self.plan(run),
                steps=self.records.steps(run.id),
                orchestrator=self.records.orchestrator(run.cloud),
                told=self.records.commands(run.id, unsettled=True),
            )
        )

    def steps(self, run: Run, ids: Collection[str]) -> Mapping[str, "Step"]:
        """These steps of a run's plan, by their ids."""
        return {step["id"]: step_from_document(step) for step in self.records.plan_steps(run.id, ids)} if ids else {}

    def plan(self, run: Run) -> Plan:
        """The whole plan that a run carries out."""
        return from_document(self.records.plan(run.id))

    def told(self, standing: Standing) -> Standing:
        """With what is told besides: what attempts at work do, what is slow, what holds up the next step."""
        newest = self._newest(standing)
        known = replace(
            standing,
            doing=self.tasks([attempt.id for attempt in newest]),
            slow={a.id.step: late for a in newest if (late := self._slow(a))},
            found=self.found(standing.run) if standing.waits_for_plan else (),
            meter=self.metered(standing.run.id) if METER in standing.run.options else None,
            fenced=tuple(effect for effect in self.records.effects(standing.run.id) if effect.open),
        )
        if not _begs_the_question(known):
            return known
        from stairlift.wiring.hindrances import in_line

        return in_line(known, self.records, self.queued)

    def why(self, run: Run, step: str, *, near: bool = False) -> tuple[Standing, "tuple[Hindrance, ...]"]:
        """What holds up a step. Raises UsageError (run.unknown_step).

        The standing has all steps of the run, unless those `near` the step are enough.
        """
        from stairlift.wiring.hindrances import about, at_work, with_tasks

        standing, found = about(step, run, self.records, self.queued, near=near)
        attempts = [AttemptId(run.id, s.id, s.attempt) for s in standing.steps if s.id in at_work(found)]
        told = with_tasks(found, self.tasks(attempts) if attempts else {})
        return replace(standing, why=told), told

    def found(self, run: Run) -> tuple[Found, ...]:
        """What the newest attempts have to say; before a plan is approved they are all of stage `prepare`."""
        return found_by({attempt.id.step: attempt for attempt in self.records.attempts(run.id)}.values())

    def _newest(self, standing: Standing) -> list[Attempt]:
        """The newest attempts of the steps in flight that are shown."""
        return [found[-1] for s in standing.busy() if (found := self.records.attempts(standing.run.id, s))]

    def _slow(self, attempt: Attempt) -> Slow | None:
        at = now()
        if attempt.ended_at or attempt.undo or not could_be_slow(attempt.started_at, at):
            return None
        took = self.records.took(attempt.id.run, attempt.id.step, MOST)
        return slow(attempt.started_at, Expected.of_the_like(took), at)


def _begs_the_question(standing: Standing) -> bool:
    """Whether a run that is not over moves slowly, or not at all."""
    if standing.run.state in FINAL_RUN_STATES:
        return False
    amiss = standing.number(StepState.FAILED, StepState.UNKNOWN, StepState.UNDO_FAILED, StepState.RETRYING)
    at_work = standing.number(StepState.RUNNING, StepState.VERIFYING, StepState.UNDOING)
    return bool(amiss or standing.slow or not at_work or not standing.attended)


def _part(run: Run, steps: "Iterable[Step]") -> Plan:
    """Of a run's plan what is shown of it."""
    source, target = Release.parse(run.source), Release.parse(run.target)
    return Plan(
        cloud=run.cloud,
        source=source,
        target=target,
        hops=(target,),
        steps=tuple(steps),
        bindings=(),
        findings=(),
        policy={},
        windows={},
        budgets={},
        on_failure="",
        placement={},
        hash=run.plan_hash,
    )


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


def open_archive(settings: Settings) -> Archive:
    """What is on record here, without what only an orchestrator needs where that can be. Raises as `open_office`."""
    from stairlift.store.lean import open_lean

    records = open_lean(settings.database_url, settings.state_dir / "locks")
    if records is None:
        from stairlift.wiring.office import open_office

        return open_office(settings).archive
    state = settings.state_dir
    return Archive(
        records, lambda attempts: _tasks_here(state / "attempts", attempts), metered=partial(_totals_here, state)
    )


def _totals_here(state_dir: Path, run_id: str) -> Totals | None:
    from stairlift.wiring.measured import totals_of

    return totals_of(run_id, state_dir)


def _tasks_here(folder: Path, attempts: Sequence[AttemptId]) -> Mapping[str, str]:
    if not attempts:
        return {}
    from stairlift.execute.attempt_folder import folder_of
    from stairlift.wiring.tasks import task_at_hand

    told = {attempt.step: task_at_hand(folder_of(folder, attempt).path) for attempt in attempts}
    return {step: task for step, task in told.items() if task}
