"""A new run of a plan, put on record before anything is done."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.plan import Plan
from stairlift.model.run import Command, Run, RunState, StepStatus
from stairlift.ports import Journal
from stairlift.run import changes


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an earlier run that a new one takes: what is settled already, and what nobody has acted on.

    `effects` are those that the earlier one has left; from then on it is the new one's business to put them back. What
    no step made (its meter, what surrounds it) stays with the earlier run: the new one has its own, by the same id.
    """

    run: Run
    carried: Sequence[StepStatus]
    told: Sequence[Command] = ()
    effects: Sequence[Effect] = ()


def new_run(
    journal: Journal,
    plan: Plan,
    document: Mapping[str, Any],
    *,
    now: datetime,
    actor: str,
    options: Mapping[str, Any] | None = None,
    approve_all: bool = False,
    place: Place | None = None,
) -> Run:
    """Record a run of `plan`, whose JSON is `document`. Raises Refusal (run.in_flight) and StairliftError (store.*).

    Its id is drawn, not counted: attempts are found by it for ever, also after the journal was thrown away. One that
    takes the `place` of another ends that in the same transaction; where that was begun it rests half-way.
    """
    halfway = place is not None and bool(place.carried)
    run = Run(
        id=f"{now:%y%m%d}-{secrets.token_hex(3)}",
        cloud=plan.cloud,
        plan_hash=plan.hash,
        source=str(plan.source),
        target=str(plan.target),
        state=RunState.PAUSED if halfway else RunState.PENDING,
        created_at=now,
        approve_all=approve_all,
        actor=actor,
        reason=f"it takes the place of run {place.run.id}" if place else "",
        options=options or {},
    )
    steps = [step.id for step in plan.steps]
    if place is None:
        return journal.create_run(run, document, steps)
    reason = f"replaced by run {run.id}"
    refused = [changes.refused(command, reason, now) for command in place.told]
    ended = [*refused, changes.finished(place.run, RunState.CANCELLED, reason, now)]
    carried = [changes.carried(status, place.run.id, now) for status in place.carried]
    if left := [effect for effect in place.effects if effect.open and effect.step]:
        ended.append(changes.handed_over(left, run.id, now))
        carried.append(changes.taken_over(left, place.run.id, now))
    return journal.create_run(run, document, steps, carried=carried, replaced=(place.run.id, ended))
