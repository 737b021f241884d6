"""A step becomes work for a strategy: the assignment, the job with what every job is told, the verdict."""

import json
from dataclasses import replace
from typing import get_args

from stairlift.model.effect import KIND_LENGTH, EffectState, Intention
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Step
from stairlift.model.run import Ended, Ending, NotStarted
from stairlift.model.work import Assignment, Job, Verdict
from stairlift.ports import Affecting, UpgradeStrategy

_STATES = get_args(EffectState)


class NoJob(Exception):
    """A strategy could not say what to start, so nothing was."""


def job_for(strategy: UpgradeStrategy, assignment: Assignment) -> Job:
    """The strategy's job, with the Contract's variables in its environment and the step's queue. Raises NoJob.

    A strategy may be anybody's code, so whatever it raises or says amiss is its failure and not that of the run.
    """
    _demand_on_record(strategy, assignment)
    try:
        job = strategy.job(assignment)
        _demand_texts(job)
        return Job(job.argv, job.cwd, {**job.env, **assignment.environment()}, job.files, assignment.step.queue)
    except (Exception, SystemExit) as error:
        raise NoJob(f"the strategy {strategy.name} could not say what to do: {_words(error)}") from error


def intentions(strategy: UpgradeStrategy, assignment: Assignment) -> tuple[Intention, ...]:
    """The side effects that an attempt may have. Raises NoJob: what cannot be put on record must not be made."""
    if not isinstance(strategy, Affecting):
        return ()
    try:
        found = tuple(strategy.effects(assignment))
        for intention in found:
            _demand_recordable(intention)
    except (Exception, SystemExit) as error:
        raise NoJob(f"the strategy {strategy.name} could not say what it changes: {_words(error)}") from error
    return found


def _demand_recordable(intention: Intention) -> None:
    """Raise ValueError or TypeError for what no journal could keep: it must not be found out while that is written."""
    if not 0 < len(intention.kind) <= KIND_LENGTH:
        raise ValueError(f"{intention.kind!r:.60} is no kind of an effect: it has 1 to {KIND_LENGTH} characters")
    json.dumps(dict(intention.details), allow_nan=False)


def _demand_on_record(strategy: UpgradeStrategy, assignment: Assignment) -> None:
    """Raise NoJob where an attempt may change what was not put on record with its start."""
    known = {effect.id for effect in assignment.effects}
    for intention in intentions(strategy, assignment):
        if intention.id not in known:
            raise NoJob(f"the strategy {strategy.name} did not say before that it changes {intention.id}")


def _demand_texts(job: Job) -> None:
    """Raise TypeError for what no process can be started with: found late, the step would be unknown and not failed."""
    words: tuple[object, ...] = (*job.argv, job.cwd, *job.env, *job.env.values())
    if isinstance(job.argv, str) or not job.argv or not all(isinstance(word, str) for word in words):
        raise TypeError("a job needs an argv of one text or more, and texts for cwd and env")


def _words(error: BaseException) -> str:
    return error.brief if isinstance(error, StairliftError) else f"{type(error).__name__}: {error}"


def verdict_on(strategy: UpgradeStrategy, assignment: Assignment, ending: Ending) -> Verdict:
    """What an ending means. A job that never ran has failed; one that nobody saw end is unknown, never done.

    Only a failure is ever temporary: what is unknown has to be looked at first.
    """
    if isinstance(ending, NotStarted):
        return Verdict("failed", ending.reason)
    if not isinstance(ending, Ended):
        return Verdict("unknown", ending.reason)
    try:
        verdict = strategy.judge(assignment, ending.outcome)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"{verdict!r:.80} is no verdict")  # noqa: TRY301  # told as what it raises is
        _demand_states(verdict)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return Verdict("unknown", f"the strategy {strategy.name} could not judge the outcome: {_words(error)}")
    return verdict if verdict.result == "failed" else replace(verdict, temporary=False)


def _demand_states(verdict: Verdict) -> None:
    """Raise TypeError for a word about a side effect that the ledger does not know."""
    strange = [state for state in verdict.effects.values() if state not in _STATES]
    if strange:
        raise TypeError(f"{strange[0]!r:.60} is no state of a side effect")


def expects_report(step: Step) -> bool:
    """Whether the services of a step restart in it, so that they must be heard of afterwards."""
    return step.action == "upgrade"


def services_of(step: Step) -> tuple[tuple[str, str], ...]:
    """Services times hosts: (binary, host)."""
    return tuple((binary, host) for host in step.hosts for binary in step.services)
