"""A new run of a plan, put on record before anything is done."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.model.plan import Plan
from stairlift.model.run import Run, RunState
from stairlift.ports import Journal


def new_run(
    journal: Journal,
    plan: Plan,
    document: Mapping[str, Any],
    *,
    now: datetime,
    actor: str,
    options: Mapping[str, Any] | None = None,
) -> Run:
    """Record a run of `plan`, whose JSON is `document`. Raises Refusal (run.in_flight) and StairliftError (store.*).

    Its id is drawn, not counted: attempts are found by it for ever, also after the journal was thrown away.
    """
    run = Run(
        id=f"{now:%y%m%d}-{secrets.token_hex(3)}",
        cloud=plan.cloud,
        plan_hash=plan.hash,
        source=str(plan.source),
        target=str(plan.target),
        state=RunState.PENDING,
        created_at=now,
        actor=actor,
        options=options or {},
    )
    return journal.create_run(run, document, [step.id for step in plan.steps])
