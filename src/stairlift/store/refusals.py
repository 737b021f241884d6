"""What a journal refuses, said the same by every kind of store."""

from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import Command, Orchestrator


def unknown_run(run_id: str) -> UsageError:
    """There is no such run."""
    return UsageError(
        code="run.unknown", brief=f"there is no run {run_id!r}", resolution="`stairlift list` names all runs."
    )


def unknown_marker(marker: str) -> UsageError:
    """A page cannot begin behind what is not in the list."""
    return UsageError(
        code="page.unknown_marker",
        brief=f"{marker[:80]!r} marks no place in this list",
        resolution="go on from a marker that came with this very list, or begin at its beginning, without one",
    )


def same_command(told_now: Command, on_record: Command) -> Command:
    """The command on record, if it is what is told now; Refusal where the id is that of another one."""
    if (on_record.run, on_record.kind, on_record.step) != (told_now.run, told_now.kind, told_now.step):
        raise Refusal(
            code="run.command_conflict",
            brief=f"{told_now.id!r} is the id of another command",
            details=f"{on_record.kind} of step {on_record.step} in run {on_record.run}",
            resolution="Give each command an id of its own.",
        )
    return on_record


def in_flight(run_id: str, steps: int) -> Refusal:
    """Why a new run must wait for an old one: the hosts of an attempt that has not ended are nobody else's yet."""
    return Refusal(
        code="run.in_flight",
        brief=f"run {run_id} of this cloud has {steps} step{'s' if steps > 1 else ''} in flight",
        resolution=f"`stairlift resume {run_id}` takes them up; a new run can begin once they have ended.",
    )


def busy(who: Orchestrator | None) -> Refusal:
    """Why nobody else may orchestrate a cloud now."""
    named = f"process {who.pid} on {who.host}" if who else "another process"
    doing = f"carries out run {who.run}" if who and who.run else "is at work"
    return Refusal(
        code="run.cloud_busy",
        brief=f"{named} {doing}{' on the cloud ' + who.cloud if who else ''} already",
        resolution="Follow it with `stairlift status --watch`, or end that process (its attempts go on) and `resume`.",
    )


def lease_lost(cloud: str) -> Refusal:
    """Why the writer that was must write no more."""
    return Refusal(
        code="run.lease_lost",
        brief=f"this process no longer holds the lease of the cloud {cloud}; it has stopped and written nothing",
        resolution="See with `stairlift status` who does; `stairlift resume` where nobody does.",
    )


def conflict(run_id: str, details: str) -> StairliftError:
    """Rows are not as their one writer left them."""
    return StairliftError(
        code="store.conflict",
        brief=f"the journal of run {run_id} was changed by something else",
        details=details,
        resolution="Look at `stairlift status --steps` before you resume.",
    )
