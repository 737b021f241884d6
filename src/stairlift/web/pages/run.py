"""`/runs/{run}`: one run on one screen, and what can be told it."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.model.choice import Choices
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Run, RunState
from stairlift.ports import Records
from stairlift.report.choices import match
from stairlift.report.course import Milestone
from stairlift.report.expected import MOST, Expected
from stairlift.report.front import card
from stairlift.report.screen import Link, Screen, screen
from stairlift.report.status import Standing
from stairlift.report.strip_drawing import DrawnStrip
from stairlift.report.strip_drawing import drawn as drawn_strip
from stairlift.web.access.four_eyes import may_approve
from stairlift.web.pages.courses import Memory
from stairlift.web.pages.drawing import drawn, seen_by, sent
from stairlift.web.pages.visits import Reading, Visit
from stairlift.wiring.clock import now
from stairlift.wiring.server.attendance import Attending
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)
#: As many as are seen on a page beside other things.
_BINS = 120
#: In these nothing of a run goes on until somebody takes it up again.
_RESTS = frozenset({RunState.PAUSED, RunState.WAITING, RunState.FAILED})


@router.get("/runs/{run_id}")
def run_page(run_id: str, visit: Reading) -> Response:
    """The run as it is on record."""
    return shown(visit, run_id)


def shown(visit: Visit, run_id: str, *, meanwhile: str = "") -> Response:
    """The page of a run; `meanwhile` is what others did while an older one was looked at: nothing was told."""
    run = visit.store.run(run_id)
    attending, barred = visit.house.attendance.of(run), may_approve(visit.house, visit.caller, run)
    taken_up = _taken_up(run, attending, visit.store)
    around = {
        "attending": attending,
        "taken_up": taken_up,
        "barred": barred.brief if barred else "",
        "meanwhile": meanwhile,
    }

    def draw() -> str:
        given = values(run, visit.house, visit.memory)
        carries = _asks(given["choices"]) and _carries(run, attending)
        blocked = _blocked(given["screen"], carries=carries)
        needs = [text for text in given["card"].needs if not (taken_up and "resume it" in text)]
        told = {**around, **given, "blocked": blocked, "carries": carries, "needs": needs}
        return drawn(visit.request, "run.html", caller=visit.caller, **told)

    if meanwhile:
        return sent(visit.request, draw(), status=412)
    trouble = attending.trouble.brief if attending.trouble else ""
    version = (_seq(visit.store, run), _told(visit.store, run), attending.by, taken_up, trouble)
    key = (seen_by(visit.request, visit.caller), around["barred"])
    return sent(visit.request, visit.memory.drawings.get(key, version, draw))


def _asks(found: Choices) -> bool:
    """Whether it is on somebody to approve, to retry or to skip something."""
    return bool(found.approvals) or any(choice.step for choice in found.actions)


def _carries(run: Run, attending: Attending) -> bool:
    """Whether a word on a step has this server carry the run on. One that is paused waits until it is resumed."""
    return run.state is not RunState.PAUSED and attending.by != "elsewhere" and attending.trouble is None


def _taken_up(run: Run, attending: Attending, records: Records) -> bool:
    """Whether somebody here has set to work on a run that rested, and nothing of it is on record yet."""
    if run.state not in _RESTS or attending.since is None:
        return False
    newest = records.latest(run.id)
    return newest is not None and newest.at < attending.since


def values(run: Run, house: House, memory: Memory) -> Mapping[str, Any]:
    """What the template is given of a run."""
    records, at = house.office.store, now()
    seq = _seq(records, run)  # before anything else is read: what comes meanwhile rings once more
    standing = house.office.archive.standing(run)
    milestones = house.overviews.milestones(run)
    found = house.steering.choices(run)
    return {
        "run": run,
        "seq": seq,
        "screen": _screen(records, standing, milestones),
        "card": card(run, standing.numbers, at, attended=standing.attended),
        "milestones": milestones,
        "choices": found,
        "matches": {step: match(found, step) for step in _subjects(found)},
        "strip": _strip(house, run, memory),
        "over": run.state in FINAL_RUN_STATES,
    }


def _blocked(found: Screen, *, carries: bool) -> Sequence[Link]:
    """What stands in the way. Where a word on a step has this server carry it on, that nobody does so now does not."""
    resume = (f"stairlift resume {found.run.id}",)
    return [link for link in found.blocked if not (carries and link.commands == resume)]


def _screen(records: Records, standing: Standing, milestones: tuple[Milestone, ...]) -> Screen:
    busy = standing.in_state(*IN_FLIGHT)
    usual = Expected.of_the_like(records.took(standing.run.id, busy[0].id, MOST)) if busy else None
    return screen(standing, milestones, now(), usual)


def _strip(house: House, run: Run, memory: Memory) -> DrawnStrip | None:
    """What users felt; None where nobody measured it here, or its file cannot be read."""
    try:
        found = memory.strips.strip_of(run, house.office.state_dir, bins=_BINS)
    except OSError:
        return None
    return drawn_strip(found) if found else None


def _subjects(found: Choices) -> set[str]:
    return {"", *(choice.step for choice in found.actions), *(ask.step for ask in found.approvals)}


def _seq(records: Records, run: Run) -> int:
    newest = records.latest(run.id)
    return newest.seq if newest else 0


def _told(records: Records, run: Run) -> tuple[str, ...]:
    return tuple(command.id for command in records.commands(run.id, unsettled=True))
