"""What a run as a whole does to each of its steps: it rests, it is on its way out, nobody carries it on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stairlift.model.cause import Cause
from stairlift.model.hindrance import Hindrance, Kind
from stairlift.model.run import FINAL_RUN_STATES, Run, RunState
from stairlift.model.scope import Scope
from stairlift.run.board import Board


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a board does not know of its run.

    `attended`: somebody orchestrates it; `other` is the run of the same cloud that somebody orchestrates instead.
    `since` is when it came to rest, or was last heard of. `told` is what nobody has acted on yet, by step. `queued` are
    steps whose attempt no worker has taken yet, with the reason if there is one. `patience` is how many seconds
    services have to report.
    """

    run: Run
    attended: bool = False
    other: str = ""
    since: datetime | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    queued: Mapping[str, str] = field(default_factory=dict)
    patience: float = 180.0


class Orders:
    """What it says of a step, whatever the step itself waits for."""

    def __init__(self, board: Board, around: Circumstances) -> None:
        self._board = board
        self._around = around
        self._run = around.run

    def over(self, step_id: str) -> tuple[Hindrance, ...]:
        """The run is over, or on its way out, so that the step will not start in it."""
        run = self._run
        if run.state in FINAL_RUN_STATES:
            return (Hindrance("over", step_id, since=run.ended_at, said=f"the run is {run.state}"),)
        if run.intent == "cancel":
            return (Hindrance("over", step_id, said="the run is being cancelled"),)
        if run.intent == "rollback" and not self._board.status(step_id).attempt:
            return (Hindrance("over", step_id, said="the run is being rolled back"),)
        return ()

    def unattended(self, step_id: str) -> tuple[Hindrance, ...]:
        """Nobody carries it on."""
        if self._around.attended or self._run.state in FINAL_RUN_STATES:
            return ()
        since, other = self._around.since, self._around.other
        if other:
            return (Hindrance("unattended", step_id, since=since, said=f"run {other} of the same cloud goes first"),)
        return (self.of_the_operator("unattended", step_id, ("resume",), since=since),)

    def rest(self, step_id: str) -> tuple[Hindrance, ...]:
        """It was told to rest, or something is not as it was planned."""
        run = self._run
        pausing = run.state is RunState.RUNNING and self._around.attended and Cause.of(run) is not None
        if not pausing and run.state is not RunState.PAUSED:
            return ()
        return (self.of_the_operator("rest", step_id, ("resume",), since=self._around.since, said=run.reason),)

    def confined(self, step_id: str) -> tuple[Hindrance, ...]:
        """It goes only so far, for now."""
        scope, step = Scope.of(self._run), self._board.step(step_id)
        if not scope.open or step.stage in scope.open:
            return ()
        since = self._around.since
        if scope.approved:
            key = scope.stop_after or ", ".join(scope.stages)
            return (self.of_the_operator("stage", step_id, ("resume",), since=since, key=key),)
        told = self._around.told.get(self._run.plan_hash, "")
        typed = () if told else (self.typed("approve", self._run.plan_hash),)
        return (Hindrance("plan", step_id, since=since, said=on_record(told), who="approver", commands=typed),)

    def of_the_operator(self, kind: Kind, step_id: str, verbs: Iterable[str], **given: object) -> Hindrance:
        """Something that whoever operates the cloud can end, with the commands for it."""
        told = self._around.told.get(step_id, "")
        typed = () if told and kind == "failed" else tuple(self.typed(verb, step_id) for verb in verbs)
        if kind == "failed" and told:
            given["said"] = f"{given['said']}; {on_record(told)}"
        return Hindrance(kind, step_id, who="operator", commands=typed, **given)  # type: ignore[arg-type]

    def typed(self, verb: str, subject: str) -> str:
        """A command about this run as it is typed."""
        return f"stairlift {verb} {self._run.id}" + (f" {subject}" if verb != "resume" else "")


def on_record(told: str) -> str:
    """That a command waits to be acted on."""
    return f"{told} is on record" if told else ""
