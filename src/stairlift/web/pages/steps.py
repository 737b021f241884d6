"""`/runs/{run}/steps/{step}`: one step, all that was tried at it, what holds it up, and what can be told about it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.drive.choices import evidence
from stairlift.model.outline import outlined
from stairlift.model.plan import Step
from stairlift.model.plan_document import step_from_document
from stairlift.model.run import FINAL_RUN_STATES, SETTLED, Run, StepState, StepStatus
from stairlift.report.bars import Bar, of_attempt
from stairlift.report.choices import match
from stairlift.report.events import event_line
from stairlift.report.expected import MOST, Expected
from stairlift.report.plan_tree import MARKS
from stairlift.report.signs import step_sign
from stairlift.report.text import clock
from stairlift.report.why import why_lines
from stairlift.web.access.four_eyes import may_approve
from stairlift.web.pages.drawing import drawn, sent
from stairlift.web.pages.visits import Reading
from stairlift.wiring.clock import now
from stairlift.wiring.hindrances import unknown_step
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)
#: Of many events these, the newest, are told.
_EVENTS = 50


@router.get("/runs/{run_id}/steps/{step_id:path}")
def step_page(run_id: str, step_id: str, visit: Reading) -> Response:
    """The step as it is on record. UsageError (run.unknown, run.unknown_step)."""
    run, newest = visit.store.run(run_id), visit.store.latest(run_id)
    documents, statuses = visit.store.plan_steps(run.id, [step_id]), visit.store.steps(run.id, [step_id])
    if not documents or not statuses:
        raise unknown_step(run, step_id)
    values, barred = _values(run, documents[0], statuses[0], visit.house), may_approve(visit.house, visit.caller, run)
    given = {"seq": newest.seq if newest else 0, "barred": barred.brief if barred else ""}
    return sent(visit.request, drawn(visit.request, "step.html", caller=visit.caller, **given, **values))


def _values(run: Run, document: Mapping[str, Any], status: StepStatus, house: House) -> dict[str, Any]:
    step, records, at = step_from_document(document), house.office.store, now()
    choices = house.steering.choices(run)
    return {
        "run": run,
        "over": run.state in FINAL_RUN_STATES,
        "step": step,
        "status": status,
        "sign": step_sign(status.state),
        "mark": MARKS[step.reversibility],
        "attempts": _attempts(run, document, status, house),
        "usual": Expected.of_the_like(records.took(run.id, step.id, MOST)),
        "doing": house.office.doing(run.id, [step.id]).get(step.id, "") if status.attempt else "",
        "why": _why(run, status, house),
        "evidence": evidence(house.office.store, run, step.id),
        "events": [event_line(event, {step.id: step}) for event in records.events(run.id, step=step.id)[-_EVENTS:]],
        "choices": choices,
        "ask": choices.approval(step.id),
        "match": match(choices, step.id),
        "commands": _commands(run, step, status),
        "clock": clock,
        "at": at,
    }


def _attempts(run: Run, document: Mapping[str, Any], status: StepStatus, house: House) -> list[tuple[Any, Bar]]:
    """Each with the bar that it has on the timeline, which says in one word how it is."""
    step = outlined(document)
    found = house.office.store.attempts(run.id, status.id)
    return [(attempt, of_attempt(attempt, step, status, now())) for attempt in found]


def _why(run: Run, status: StepStatus, house: House) -> tuple[str, ...]:
    """What holds it up; of what is through nobody asks."""
    if status.state in SETTLED or status.state is StepState.UNDONE or run.state in FINAL_RUN_STATES:
        return ()
    return why_lines(run, status, house.office.archive.why(run, status.id, near=True)[1], now())


def _commands(run: Run, step: Step, status: StepStatus) -> list[str]:
    """What can be typed about it."""
    logs = [f"stairlift logs {run.id} --step {step.id}"] if status.attempt else []
    return [*logs, f"stairlift status {run.id} --why {step.id}"]
