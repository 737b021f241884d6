"""What becomes of a step, and of its attempts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stairlift.model.run import Attempt, AttemptId, AttemptResult, Change, Command, StepState, StepStatus
from stairlift.model.work import Verdict
from stairlift.run.transitions import COMMAND_TARGETS, remark, step_event


def carried(status: StepStatus, origin: str, now: datetime) -> Change:
    """A step of a new run that an earlier one, in whose place it comes, has settled or begun already."""
    data = remark(run=origin, state=str(status.state), reason=status.reason)
    return Change("step.carried", now, step=status, was=StepState.PENDING, data=data)


def asked(status: StepStatus, now: datetime, evidence: Sequence[str] = ()) -> Change:
    """A step waits for approval; `evidence` is what was found before it was asked for."""
    data: dict[str, object] = {"evidence": list(evidence)} if evidence else {}
    return _step(status, replace(status, state=StepState.WAITING), now, data=data)


def agreed(status: StepStatus, covers: str, now: datetime, *, plan: str, actor: str) -> Change:
    """Somebody approves the run as a whole, and with it a step that waits; `covers` says in words what that allows."""
    moved = replace(status, state=StepState.PENDING, approved=True)
    return _step(status, moved, now, data=remark(actor=actor, blanket=True, plan=plan, covers=covers))


def passed(status: StepStatus, now: datetime) -> Change:
    """A gate is behind us."""
    moved = replace(status, state=StepState.DONE, started_at=now, ended_at=now)
    return _step(status, moved, now)


def started(run: str, status: StepStatus, now: datetime) -> Change:
    """An attempt is on record; now its work may begin."""
    number = status.attempt + 1
    moved = StepStatus(
        id=status.id,
        state=StepState.RUNNING,
        attempt=number,
        approved=status.approved,
        started_at=status.started_at or now,
        retries=status.retries,
    )
    return _step(status, moved, now, attempt=Attempt(AttemptId(run, status.id, number), now))


def worked(status: StepStatus, attempt: Attempt, verdict: Verdict, now: datetime, *, verify: bool) -> Change:
    """An attempt's work ended as `attempt` says, and its strategy has judged it. `verify`: its services come next."""
    verifying = verify and verdict.result == "done"
    moved = StepStatus(
        id=status.id,
        state=_leads_to(verdict, undo=attempt.undo, verifying=verifying),
        attempt=status.attempt,
        approved=status.approved,
        started_at=status.started_at,
        worked_at=attempt.ended_at,
        ended_at=None if verifying else now,
        reason="" if verdict.result == "done" else verdict.reason,
        retries=status.retries,
    )
    return _step(status, moved, now, attempt=attempt, data=_said(attempt, verdict))


def retrying(status: StepStatus, attempt: Attempt, verdict: Verdict, now: datetime, *, after: float) -> Change:
    """An attempt's work ended in a way that passes: the next one begins by itself, `after` seconds later or more."""
    moved = replace(
        status,
        state=StepState.RETRYING,
        worked_at=attempt.ended_at,
        ended_at=None,
        reason=verdict.reason,
        retries=status.retries + 1,
    )
    return _step(status, moved, now, attempt=attempt, data=_said(attempt, verdict) | {"retry_after": after})


def undoing(run: str, status: StepStatus, now: datetime) -> Change:
    """An attempt at taking a step back is on record; now its work may begin."""
    number = status.attempt + 1
    moved = replace(
        status, state=StepState.UNDOING, attempt=number, worked_at=None, ended_at=None, reason="", retries=0
    )
    return _step(status, moved, now, attempt=Attempt(AttemptId(run, status.id, number), now, undo=True))


def _said(attempt: Attempt, verdict: Verdict) -> dict[str, object]:
    facts = dict(verdict.facts) if verdict.facts else None
    temporary = verdict.temporary or None
    return remark(reason=verdict.reason, returncode=attempt.returncode, temporary=temporary, facts=facts)


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


def _leads_to(verdict: Verdict, *, undo: bool, verifying: bool) -> StepState:
    """The state behind the work of an attempt. A step that is taken back waits for its services in the same state."""
    if verifying:
        return StepState.UNDOING if undo else StepState.VERIFYING
    if undo:
        return StepState.UNDONE if verdict.result == "done" else StepState.UNDO_FAILED
    return _RESTS[verdict.result]


def verified(status: StepStatus, now: datetime, *, unknown: Sequence[str] = ()) -> Change:
    """Every service has reported since the work ended, and its gates hold; `unknown` is what nobody could tell."""
    state = StepState.UNDONE if status.state is StepState.UNDOING else StepState.DONE
    moved = replace(status, state=state, ended_at=now, reason="")
    return _step(status, moved, now, data=remark(unknown=list(unknown)))


def missed(status: StepStatus, gate: str, reason: str, now: datetime) -> Change:
    """What keeps a step whose work has ended from being done; it stays where it is."""
    return _step(status, replace(status, reason=reason), now, data=remark(gate=gate, reason=reason))


def silent(status: StepStatus, attempt: Attempt, reason: str, now: datetime) -> Change:
    """The work ended well and its services do not report."""
    state = StepState.UNDO_FAILED if status.state is StepState.UNDOING else StepState.FAILED
    moved = replace(status, state=state, ended_at=now, reason=reason)
    failed = replace(attempt, result="failed", reason=reason)
    return _step(status, moved, now, attempt=failed, data=remark(reason=reason))


def cut_off(status: StepStatus, attempt: Attempt, reason: str, now: datetime) -> Change:
    """Its attempt was ended, or its verification given up, half-way: nobody knows how far it got."""
    state = StepState.UNDO_FAILED if status.state is StepState.UNDOING else StepState.UNKNOWN
    moved = replace(status, state=state, ended_at=now, reason=reason)
    ended = replace(attempt, ended_at=attempt.ended_at or now, result="unknown", reason=reason)
    return _step(status, moved, now, attempt=ended, data=remark(reason=reason))


def commanded(status: StepStatus, command: Command, now: datetime) -> Change:
    """A person's command takes effect."""
    target = COMMAND_TARGETS[command.kind]
    moved = replace(
        status,
        state=target,
        approved=status.approved or command.kind == "approve",
        ended_at=now if target is StepState.SKIPPED else None,
        reason=command.reason if target is StepState.SKIPPED else "",
        retries=0 if command.kind == "retry" else status.retries,
    )
    applied = replace(command, result="applied")
    data = remark(command=command.id, actor=command.actor, reason=command.reason, **command.details)
    return _step(status, moved, now, command=applied, data=data)


def reopened(status: StepStatus, why: str, now: datetime) -> Change:
    """What a step has changed is put back, so that it has to be done again before its unit goes on."""
    moved = replace(status, state=StepState.PENDING, worked_at=None, ended_at=None, reason=why, retries=0)
    return _step(status, moved, now, data=remark(reason=why))


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
