"""What users felt, from the document that tells it: so that it is shown by the same words as where it was measured."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.model.availability import Failure, Outage
from stairlift.report.figures import NO_STEP, SHARES, Availability, Figures, StepFigures

Document = Mapping[str, Any]


def availability_of(found: Document) -> Availability:
    """The whole. The document has milliseconds with three places behind the point; nobody is shown as many."""
    before = found["baseline"]
    return Availability(
        begin=_seconds(found["begin"]),
        end=_seconds(found["end"]),
        baseline=(_seconds(before["begin"]), _seconds(before["end"])) if before else None,
        rate=found["rate"],
        apis=tuple(map(_figures, found["apis"])),
        backends=tuple(map(_figures, found["backends"])),
        steps=tuple(map(_step, found["steps"])),
        failures=tuple(map(_failure, found["failures"])),
        dropped=found["dropped"],
    )


def _figures(found: Document) -> Figures:
    latency = dict(zip(SHARES, (found["latency"][f"p{share * 100:.0f}"] for share in SHARES), strict=True))
    return Figures(
        name=found["name"],
        api=found["api"],
        via=found["via"],
        numbers=found["states"],
        outages=tuple(map(_outage, found["outages"])),
        before={share: told["before"] for share, told in latency.items()},
        latency={share: told["since"] for share, told in latency.items()},
        no_data=found["no_data"],
        charged=found["charged"],
    )


def _outage(found: Document) -> Outage:
    recovered = None if found["recovered"] is None else _seconds(found["recovered"])
    return Outage(_seconds(found["first"]), _seconds(found["last"]), found["failed"], recovered)


def _step(found: Document) -> StepFigures:
    return StepFigures(found["step"] or NO_STEP, found["requests"], found["failed"], found["p99"])


def _failure(found: Document) -> Failure:
    return Failure(_seconds(found["at"]), found["target"], found["took"], found["why"])


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
