"""What becomes of a run as a whole."""

from dataclasses import replace
from datetime import datetime

from stairlift.model.cause import Cause, held_by
from stairlift.model.run import FINAL_RUN_STATES, Change, Command, Run, RunState
from stairlift.model.scope import Scope
from stairlift.run.transitions import remark, run_event


def begun(run: Run, now: datetime, *, approve_all: bool, actor: str = "") -> Change:
    """The run starts, or somebody takes it up again; `actor` is who."""
    state = RunState.ROLLING_BACK if run.state is RunState.ROLLING_BACK else RunState.RUNNING
    moved = replace(
        held_by(None, run),
        state=state,
        started_at=run.started_at or now,
        ended_at=None,
        reason=run.reason if run.intent == "cancel" or state is RunState.ROLLING_BACK else "",
        approve_all=approve_all,
    )
    back = run.options.get("rollback", {}) if state is RunState.ROLLING_BACK else {}
    data = remark(**{"plan": run.plan_hash, "approve_all": moved.approve_all, "actor": actor, **back})
    return Change(run_event(run.state, state), now, run=moved, data=data)


def finished(run: Run, state: RunState, reason: str, now: datetime, *, cause: Cause | None = None) -> Change:
    """The run comes to rest: it ends, or it waits for a person. `cause`: it was stopped."""
    rests = state in (RunState.WAITING, RunState.PAUSED)
    moved = replace(held_by(cause, run), state=state, reason=reason, ended_at=None if rests else now)
    return Change(run_event(run.state, state), now, run=moved, data=remark(reason=reason))


def held(run: Run, reason: str, cause: Cause, now: datetime) -> Change:
    """Nothing more starts; what is in flight comes to its end."""
    moved = replace(held_by(cause, run), reason=reason)
    return Change("run.held", now, run=moved, data=remark(reason=reason, by=str(cause)))


def pausing(run: Run, command: Command, now: datetime) -> Change:
    """Somebody stops the run: nothing more starts, and once nothing is in flight it is paused."""
    moved = replace(held_by(Cause.PERSON, run), reason=f"pausing, {as_said(command)}")
    return _told(Change("run.pausing", now, run=moved), command)


def cancelling(run: Run, command: Command, now: datetime) -> Change:
    """Somebody gives the run up, for good: whoever takes it up only waits for what is in flight."""
    at_once = bool(command.details.get("now"))
    run = held_by(None, run)
    options = {**run.options, "cancel": {"now": at_once, "reason": as_said(command)}}
    moved = replace(run, intent="cancel", reason=f"cancelling, {as_said(command)}", options=options)
    return _told(Change("run.cancelling", now, run=moved), command)


def turning_round(run: Run, command: Command, now: datetime) -> Change:
    """Somebody wants the run taken back: nothing more starts, and once nothing is in flight it is rolled back."""
    moved = replace(held_by(None, run), intent="rollback", reason=f"rolling back, {as_said(command)}")
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
        held_by(None if over else Cause.PERSON, run),
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
    moved = Scope(stop_after=Scope.of(run).stop_after).on(run)
    change = _told(Change("run.approved", now, run=moved), command)
    return replace(change, data={**change.data, "plan": run.plan_hash})


def detached(in_flight: list[str], now: datetime) -> Change:
    """The orchestrator leaves on purpose; attempts go on without it."""
    return Change("run.detached", now, data=remark(in_flight=in_flight))
