"""Every line that the journal can get, made here and nowhere else: the event and the rows that go with it."""

from dataclasses import replace
from datetime import datetime

from stairlift.model.run import (
    Attempt,
    AttemptId,
    AttemptResult,
    Change,
    Command,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.model.work import Verdict
from stairlift.run.transitions import COMMAND_TARGETS, remark, run_event, step_event


def begun(run: Run, now: datetime, *, approve_all: bool) -> Change:
    """The run starts, or somebody takes it up again."""
    moved = replace(
        run,
        state=RunState.RUNNING,
        started_at=run.started_at or now,
        ended_at=None,
        reason="",
        approve_all=approve_all,
    )
    data = remark(plan=run.plan_hash, approve_all=moved.approve_all)
    return Change(run_event(run.state, RunState.RUNNING), now, run=moved, data=data)


def finished(run: Run, state: RunState, reason: str, now: datetime) -> Change:
    """The run comes to rest: it ends, or it waits for a person."""
    rests = state in (RunState.WAITING, RunState.PAUSED)
    moved = replace(run, state=state, reason=reason, ended_at=None if rests else now)
    return Change(run_event(run.state, state), now, run=moved, data=remark(reason=reason))


def held(run: Run, reason: str, now: datetime) -> Change:
    """Nothing more starts; what is in flight comes to its end."""
    return Change("run.held", now, run=replace(run, reason=reason), data=remark(reason=reason))


def plan_approved(run: Run, command: Command, now: datetime) -> Change:
    """Somebody approved the plan of a run that was begun without: it may go to its end."""
    applied = replace(command, result="applied")
    data = remark(command=command.id, plan=run.plan_hash, actor=command.actor, reason=command.reason)
    return Change("run.approved", now, run=Scope().on(run), command=applied, data=data)


def detached(in_flight: list[str], now: datetime) -> Change:
    """The orchestrator leaves on purpose; attempts go on without it."""
    return Change("run.detached", now, data=remark(in_flight=in_flight))


def asked(status: StepStatus, now: datetime) -> Change:
    """A step waits for approval."""
    return _step(status, replace(status, state=StepState.WAITING), now)


def agreed(status: StepStatus, now: datetime) -> Change:
    """The blanket approval of the run covers a step that waits."""
    return _step(status, replace(status, state=StepState.PENDING, approved=True), now, data={"blanket": True})


def passed(status: StepStatus, now: datetime) -> Change:
    """A gate is behind us."""
    moved = replace(status, state=StepState.DONE, started_at=now, ended_at=now)
    return _step(status, moved, now)


def started(run: str, status: StepStatus, now: datetime) -> Change:
    """An attempt is on record; now its work may begin."""
    number = status.attempt + 1
    moved = StepStatus(status.id, StepState.RUNNING, number, status.approved, status.started_at or now)
    return _step(status, moved, now, attempt=Attempt(AttemptId(run, status.id, number), now))


def worked(status: StepStatus, attempt: Attempt, verdict: Verdict, now: datetime, *, verify: bool) -> Change:
    """An attempt's work ended as `attempt` says, and its strategy has judged it. `verify`: its services come next."""
    verifying = verify and verdict.result == "done"
    moved = StepStatus(
        id=status.id,
        state=StepState.VERIFYING if verifying else _RESTS[verdict.result],
        attempt=status.attempt,
        approved=status.approved,
        started_at=status.started_at,
        worked_at=attempt.ended_at,
        ended_at=None if verifying else now,
        reason="" if verdict.result == "done" else verdict.reason,
    )
    facts = dict(verdict.facts) if verdict.facts else None
    temporary = verdict.temporary or None
    data = remark(reason=verdict.reason, returncode=attempt.returncode, temporary=temporary, facts=facts)
    return _step(status, moved, now, attempt=attempt, data=data)


def closed(attempt: Attempt, verdict: Verdict, ended_at: datetime, returncode: int | None) -> Attempt:
    """The record of an attempt whose work has ended."""
    return Attempt(
        id=attempt.id,
        started_at=attempt.started_at,
        ended_at=ended_at,
        result=verdict.result,
        returncode=returncode,
        reason=verdict.reason,
        facts=verdict.facts,
        undo=attempt.undo,
    )


_RESTS: dict[AttemptResult, StepState] = {
    "done": StepState.DONE,
    "failed": StepState.FAILED,
    "unknown": StepState.UNKNOWN,
}


def verified(status: StepStatus, now: datetime) -> Change:
    """Every service has reported since the work ended."""
    return _step(status, replace(status, state=StepState.DONE, ended_at=now), now)


def silent(status: StepStatus, attempt: Attempt, reason: str, now: datetime) -> Change:
    """The work ended well and its services do not report."""
    moved = replace(status, state=StepState.FAILED, ended_at=now, reason=reason)
    failed = replace(attempt, result="failed", reason=reason)
    return _step(status, moved, now, attempt=failed, data=remark(reason=reason))


def commanded(status: StepStatus, command: Command, now: datetime) -> Change:
    """A person's command takes effect."""
    target = COMMAND_TARGETS[command.kind]
    moved = replace(
        status,
        state=target,
        approved=status.approved or command.kind == "approve",
        ended_at=now if target is StepState.SKIPPED else None,
        reason=command.reason if target is StepState.SKIPPED else "",
    )
    applied = replace(command, result="applied")
    data = remark(command=command.id, actor=command.actor, reason=command.reason)
    return _step(status, moved, now, command=applied, data=data)


def refused(command: Command, answer: str, now: datetime) -> Change:
    """A command that makes no sense any more; it changes nothing."""
    settled = replace(command, result="refused", answer=answer)
    data = remark(command=command.id, kind=command.kind, step=command.step, actor=command.actor, answer=answer)
    return Change("command.refused", now, command=settled, data=data)


def _step(
    before: StepStatus,
    after: StepStatus,
    now: datetime,
    *,
    attempt: Attempt | None = None,
    command: Command | None = None,
    data: dict[str, object] | None = None,
) -> Change:
    kind = step_event(before.state, after.state)
    return Change(kind, now, step=after, was=before.state, attempt=attempt, command=command, data=data or {})
