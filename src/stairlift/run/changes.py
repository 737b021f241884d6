"""Every line that the journal can get, made here and nowhere else: the event and the rows that go with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from stairlift.model.effect import Effect
from stairlift.model.run import (
    FINAL_RUN_STATES,
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


def begun(run: Run, now: datetime, *, approve_all: bool, actor: str = "") -> Change:
    """The run starts, or somebody takes it up again; `actor` is who."""
    state = RunState.ROLLING_BACK if run.state is RunState.ROLLING_BACK else RunState.RUNNING
    moved = replace(
        run,
        state=state,
        started_at=run.started_at or now,
        ended_at=None,
        reason=run.reason if run.intent == "cancel" or state is RunState.ROLLING_BACK else "",
        approve_all=approve_all,
    )
    back = run.options.get("rollback", {}) if state is RunState.ROLLING_BACK else {}
    data = remark(**{"plan": run.plan_hash, "approve_all": moved.approve_all, "actor": actor, **back})
    return Change(run_event(run.state, state), now, run=moved, data=data)


def finished(run: Run, state: RunState, reason: str, now: datetime) -> Change:
    """The run comes to rest: it ends, or it waits for a person."""
    rests = state in (RunState.WAITING, RunState.PAUSED)
    moved = replace(run, state=state, reason=reason, ended_at=None if rests else now)
    return Change(run_event(run.state, state), now, run=moved, data=remark(reason=reason))


def held(run: Run, reason: str, now: datetime) -> Change:
    """Nothing more starts; what is in flight comes to its end."""
    return Change("run.held", now, run=replace(run, reason=reason), data=remark(reason=reason))


def pausing(run: Run, command: Command, now: datetime) -> Change:
    """Somebody stops the run: nothing more starts, and once nothing is in flight it is paused."""
    return _told(Change("run.pausing", now, run=replace(run, reason=f"pausing, {as_said(command)}")), command)


def cancelling(run: Run, command: Command, now: datetime) -> Change:
    """Somebody gives the run up, for good: whoever takes it up only waits for what is in flight."""
    at_once = bool(command.details.get("now"))
    options = {**run.options, "cancel": {"now": at_once, "reason": as_said(command)}}
    moved = replace(run, intent="cancel", reason=f"cancelling, {as_said(command)}", options=options)
    return _told(Change("run.cancelling", now, run=moved), command)


def turning_round(run: Run, command: Command, now: datetime) -> Change:
    """Somebody wants the run taken back: nothing more starts, and once nothing is in flight it is rolled back."""
    moved = replace(run, intent="rollback", reason=f"rolling back, {as_said(command)}")
    return _told(Change("run.turning-round", now, run=moved), command)


def turned_round(run: Run, steps: int, now: datetime) -> Change:
    """Nothing of the way on is in flight any more: from here on steps are taken back, so many altogether."""
    options = {**run.options, "rollback": {"steps": steps}}
    moved = replace(run, state=RunState.ROLLING_BACK, ended_at=None, options=options)
    return Change(run_event(run.state, RunState.ROLLING_BACK), now, run=moved, data={"steps": steps})


def stopping_after(run: Run, command: Command, now: datetime) -> Change:
    """Somebody names the stage behind which the run is to rest."""
    moved = replace(Scope.of(run), stop_after=str(command.details["stage"])).on(run)
    return _told(Change("run.stop-after", now, run=moved), command)


def laid_down(run: Run, state: RunState, command: Command, now: datetime) -> Change:
    """A run that rests already is paused or cancelled by somebody's word alone."""
    over = state in FINAL_RUN_STATES
    moved = replace(
        run,
        state=state,
        intent="cancel" if state is RunState.CANCELLED else run.intent,
        reason=as_said(command),
        ended_at=now if over else None,
    )
    return _told(Change(run_event(run.state, state), now, run=moved), command)


def as_said(command: Command) -> str:
    """Who told it, and why."""
    return f"as {command.actor} said" + (f": {command.reason}" if command.reason else "")


def _told(change: Change, command: Command) -> Change:
    """The change with the command that made it, which is settled by it."""
    data = remark(command=command.id, actor=command.actor, reason=command.reason, **command.details)
    return replace(change, command=replace(command, result="applied"), data=data)


def plan_approved(run: Run, command: Command, now: datetime) -> Change:
    """Somebody approved the plan of a run that was begun without: it may go to its end."""
    applied = replace(command, result="applied")
    data = remark(command=command.id, plan=run.plan_hash, actor=command.actor, reason=command.reason)
    moved = Scope(stop_after=Scope.of(run).stop_after).on(run)
    return Change("run.approved", now, run=moved, command=applied, data=data)


def detached(in_flight: list[str], now: datetime) -> Change:
    """The orchestrator leaves on purpose; attempts go on without it."""
    return Change("run.detached", now, data=remark(in_flight=in_flight))


def carried(status: StepStatus, origin: str, now: datetime) -> Change:
    """A step of a new run that an earlier one, in whose place it comes, has settled or begun already."""
    data = remark(run=origin, state=str(status.state), reason=status.reason)
    return Change("step.carried", now, step=status, was=StepState.PENDING, data=data)


def asked(status: StepStatus, now: datetime, evidence: Sequence[str] = ()) -> Change:
    """A step waits for approval; `evidence` is what was found before it was asked for."""
    data: dict[str, object] = {"evidence": list(evidence)} if evidence else {}
    return _step(status, replace(status, state=StepState.WAITING), now, data=data)


def agreed(status: StepStatus, plan_hash: str, what: str, now: datetime) -> Change:
    """The blanket approval of the run covers a step that waits; `what` says in words what that allows."""
    moved = replace(status, state=StepState.PENDING, approved=True)
    return _step(status, moved, now, data={"blanket": True, "plan": plan_hash, "covers": what})


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


def put_back(effect: Effect, now: datetime, *, actor: str = "") -> Change:
    """A side effect is no more; `actor` is who wanted that, if it was not the run."""
    restored = replace(effect, state="restored", ended_at=now, note="")
    return Change("effect.restored", now, effects=(restored,), data=remark(actor=actor))


def left(effect: Effect, why: str, now: datetime) -> Change:
    """A side effect could not be put back."""
    return Change("effect.left", now, effects=(replace(effect, note=why),), data=remark(reason=why))


def handed_over(effects: Sequence[Effect], to: str, now: datetime) -> Change:
    """Another run sees to these side effects."""
    note = f"run {to} has it"
    gone = tuple(replace(effect, state="handed-over", ended_at=now, note=note) for effect in effects)
    return Change("effect.handed-over", now, effects=gone, data={"run": to})


def taken_over(effects: Sequence[Effect], origin: str, now: datetime) -> Change:
    """Side effects that an earlier run has left, in whose place this one comes."""
    return Change("effect.taken-over", now, effects=tuple(effects), data={"run": origin})


def fenced(effect: Effect, why: str, now: datetime) -> Change:
    """A side effect stays until a person has looked."""
    return Change("effect.kept", now, effects=(replace(effect, state="kept", note=why),), data=remark(reason=why))


def needless(command: Command, answer: str, now: datetime) -> Change:
    """A command that asks for what is so already; it changes nothing."""
    settled = replace(command, result="applied", answer=answer)
    data = remark(command=command.id, kind=command.kind, step=command.step, actor=command.actor, answer=answer)
    return Change("command.needless", now, command=settled, data=data)


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
