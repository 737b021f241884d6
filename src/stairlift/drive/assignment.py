"""A step becomes work for a strategy: the assignment, the job with what every job is told, the verdict."""

from stairlift.model.errors import StairliftError
from stairlift.model.plan import Step
from stairlift.model.run import Ended, Ending, NotStarted
from stairlift.model.work import Assignment, Job, Verdict
from stairlift.ports import UpgradeStrategy


class NoJob(Exception):
    """A strategy could not say what to start, so nothing was."""


def job_for(strategy: UpgradeStrategy, assignment: Assignment) -> Job:
    """The strategy's job, with the Contract's variables in its environment. Raises NoJob.

    A strategy may be anybody's code, so whatever it raises is its failure and not that of the run.
    """
    try:
        job = strategy.job(assignment)
    except Exception as error:
        raise NoJob(f"the strategy {strategy.name} could not say what to do: {_words(error)}") from error
    return Job(job.argv, job.cwd, {**job.env, **told(assignment)}, job.files)


def _words(error: Exception) -> str:
    return error.brief if isinstance(error, StairliftError) else f"{type(error).__name__}: {error}"


def told(assignment: Assignment) -> dict[str, str]:
    """What every process of a strategy sees; the executor adds STAIRLIFT_PROGRESS."""
    step = assignment.step
    return {
        "STAIRLIFT_RUN": assignment.run,
        "STAIRLIFT_STEP": step.id,
        "STAIRLIFT_ATTEMPT": str(assignment.attempt),
        "STAIRLIFT_ACTION": step.action,
        "STAIRLIFT_SERVICE": ",".join(step.services),
        "STAIRLIFT_HOST": ",".join(step.hosts),
        "STAIRLIFT_FROM": str(step.source),
        "STAIRLIFT_TO": str(step.target),
    }


def verdict_on(strategy: UpgradeStrategy, assignment: Assignment, ending: Ending) -> Verdict:
    """What an ending means. A job that never ran has failed; one that nobody saw end is unknown, never done."""
    if isinstance(ending, NotStarted):
        return Verdict("failed", ending.reason)
    if not isinstance(ending, Ended):
        return Verdict("unknown", ending.reason)
    try:
        return strategy.judge(assignment, ending.outcome)
    except Exception as error:  # noqa: BLE001
        return Verdict("unknown", f"the strategy {strategy.name} could not judge the outcome: {_words(error)}")


def expects_report(step: Step) -> bool:
    """Whether the services of a step restart in it, so that they must be heard of afterwards."""
    return step.action == "upgrade"


def services_of(step: Step) -> tuple[tuple[str, str], ...]:
    """Services times hosts: (binary, host)."""
    return tuple((binary, host) for host in step.hosts for binary in step.services)
