"""The life of an upgrade in which something breaks: it stops where it should, it is mended, it goes on to its end."""

import json
import subprocess
from pathlib import Path
from typing import Any

from bench.availability.faults import Fault
from bench.availability.upgrading import DONE, PAUSED, Journey
from bench.measuring import Failed

Orchestrator = subprocess.Popen[bytes]

#: A run may stop for more than one reason: the step that failed, what users felt of it, or what they felt before.
_STOPS = 5


def with_fault(journey: Journey, plan: Path, fault: Fault) -> tuple[str, ...]:
    """Carry it out. What was not as it should be, a sentence each; that it does not come to its end is one as well."""
    try:
        return _life(journey, plan, fault)
    except Failed as failed:
        return (f"it did not come to its end: {' '.join(str(failed).split())[-300:]}",)


def _life(journey: Journey, plan: Path, fault: Fault) -> tuple[str, ...]:
    document = json.loads(plan.read_text(encoding="utf-8"))
    orchestrator = journey.run(plan)
    if fault.after:
        orchestrator = _until_it_may_break(journey, orchestrator, fault.after.step_in(document))
        fault.breaks(journey.bed)
    wrong: list[str] = []
    code = _until_a_step_stops_it(journey, orchestrator)
    if fault.stops_at:
        expected = fault.stops_at.step_in(document)
        wrong += _judged(journey, fault, expected) if code == PAUSED else ["it did not stop"]
    fault.mends(journey.bed)
    for _ in range(_STOPS):
        if code == DONE:
            return tuple(wrong)
        code = _go_on(journey)
    raise Failed(f"it stopped again and again: {journey.log.read_text()[-4000:]}")


def _until_it_may_break(journey: Journey, orchestrator: Orchestrator, before: str) -> Orchestrator:
    """Who is at work once that step is done. Raises Failed if it ends before, other than for what users felt."""
    for _ in range(_STOPS):
        try:
            journey.until(orchestrator, lambda status: _is_done(status, before))
        except Failed:
            if orchestrator.poll() != PAUSED or journey.bed.status()["blocked_by"]:
                raise
            orchestrator = journey.resume()
        else:
            return orchestrator
    raise Failed(f"it stopped again and again: {journey.log.read_text()[-4000:]}")


def _until_a_step_stops_it(journey: Journey, orchestrator: Orchestrator) -> int:
    """Its exit code. Users who lose a request stop it as well, where nothing is to be mended: it goes on then."""
    for _ in range(_STOPS):
        code = journey.ended(orchestrator, DONE, PAUSED)
        if code == DONE or journey.bed.status()["blocked_by"]:
            return code
        orchestrator = journey.resume()
    return journey.ended(orchestrator, DONE, PAUSED)


def _is_done(status: Any, step: str) -> bool:
    return any(one["id"] == step and one["state"] == "done" for one in status["step_list"])


def _judged(journey: Journey, fault: Fault, expected: str) -> list[str]:
    """What is wrong with how it stopped: the place, the words, or what it left behind."""
    status = journey.bed.status()
    told = json.dumps([status["reason"], status["blocked_by"], status["why"]])
    wrong = [f'it does not say "{word}"' for word in fault.words if word not in told]
    stopped = [blocker["step"] for blocker in status["blocked_by"]]
    if stopped != [expected]:
        wrong.append(f"it stopped at {stopped}, not at {expected}")
    left = journey.open_effects()
    if fault.keeps and fault.keeps not in [effect["id"] for effect in left]:
        wrong.append(f"the ledger does not keep {fault.keeps}")
    loose = [effect["id"] for effect in left if effect["state"] != "kept"]
    wrong += [f"{effect} is left behind, and not said to be kept" for effect in loose]
    return wrong + [f"the meter does not see that {name} is gone" for name in _unseen(journey, fault)]


def _unseen(journey: Journey, fault: Fault) -> list[str]:
    """Backends that are away now, and that the meter does not say so of: each was away for a moment when it restarted."""
    told = json.loads(journey.bed.stairlift("availability", "-o", "json"))["backends"]
    gone = {one["name"] for one in told if any(outage["recovered"] is None for outage in one["outages"])}
    return [name for name in fault.seen_by if name not in gone]


def _go_on(journey: Journey) -> int:
    """As a person does who has mended it: every step that failed once more, then on."""
    for blocker in journey.bed.status()["blocked_by"]:
        journey.bed.stairlift("retry", journey.bed.status()["run"], blocker["step"])
    return journey.ended(journey.resume(), DONE, PAUSED)
