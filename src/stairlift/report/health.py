"""What is not well with a run, one by one: since when, what that means, and what is on record about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, StepState
from stairlift.report.availability_words import count_of
from stairlift.report.expected import slow_words
from stairlift.report.ledger import restoring
from stairlift.report.signs import Sign
from stairlift.report.status import SHOWN, Standing
from stairlift.report.text import span

Level = Literal["bad", "warn", "note"]
#: So long after its last line a meter is called silent, in seconds.
_SILENT = 15.0


@dataclass(frozen=True, slots=True)
class Health:
    """Something that is not as it should be: since when, what that means, and what is on record about it."""

    key: str
    level: Level
    word: str
    since: datetime | None
    subject: str
    impact: str
    message: str
    step: str = ""
    command: str = ""

    @property
    def sign(self) -> Sign:
        """How it is shown."""
        tones: Mapping[Level, tuple[str, Literal["bad", "ask", "rest"]]] = {
            "bad": ("✘", "bad"),
            "warn": ("!", "ask"),
            "note": ("·", "rest"),
        }
        glyph, tone = tones[self.level]
        return Sign(glyph, self.word, tone)


def health_of(standing: Standing, now: datetime) -> tuple[Health, ...]:
    """All of it, the worst first."""
    return (
        *_unwell(standing),
        *_slow(standing),
        *_again(standing),
        *_fenced(standing),
        *_meter(standing, now),
    )


def _unwell(standing: Standing) -> Iterable[Health]:
    impact = {
        StepState.FAILED: "its hosts keep their place until it is retried or skipped",
        StepState.UNKNOWN: "its hosts may be half done",
        StepState.UNDO_FAILED: "its hosts are neither here nor there",
    }
    by_id = standing.by_id
    for status in standing.in_state(*standing.unwell)[:SHOWN]:
        yield Health(
            key=f"bad-{status.id}",
            level="bad",
            word=str(status.state),
            since=status.ended_at,
            subject=span(by_id[status.id].hosts),
            impact=impact[status.state],
            message=status.reason,
            step=status.id,
        )


def _slow(standing: Standing) -> Iterable[Health]:
    by_id = standing.by_id
    for status in standing.in_state(*IN_FLIGHT):
        if found := standing.slow.get(status.id):
            yield Health(
                key=f"slow-{status.id}",
                level="warn",
                word="slow",
                since=found.since,
                subject=span(by_id[status.id].hosts),
                impact="nothing is ended for it",
                message=slow_words(found),
                step=status.id,
            )


def _again(standing: Standing) -> Iterable[Health]:
    by_id = standing.by_id
    for status in standing.in_state(StepState.RETRYING)[:SHOWN]:
        due = standing.again.get(status.id)
        at = f" at {due:%H:%M:%S}Z" if due and standing.attended else ""
        yield Health(
            key=f"again-{status.id}",
            level="warn",
            word="retrying",
            since=status.worked_at,
            subject=span(by_id[status.id].hosts),
            impact=f"begins again by itself{at}",
            message=status.reason,
            step=status.id,
        )


def _fenced(standing: Standing) -> Iterable[Health]:
    """What is left of side effects, where nobody is at work who would see to it."""
    left = standing.fenced if not standing.attended else [e for e in standing.fenced if e.state == "kept"]
    for effect in left[:SHOWN]:
        yield Health(
            key=f"fenced-{effect.id}",
            level="note",
            word="fenced" if effect.step else "left",
            since=effect.at,
            subject=effect.id,
            impact=f"it {'gets no new work' if effect.step else 'stays'} until it is put back",
            message=effect.note,
            step=effect.step,
            command=restoring(standing.run, effect),
        )


def _meter(standing: Standing, now: datetime) -> Iterable[Health]:
    """What users felt so far, and whether anybody still looks."""
    found, run = standing.meter, standing.run
    if found is None:
        return
    requests, failed = sum(found.requests.values()), sum(found.failed.values())
    if failed:
        yield Health(
            key="meter-failed",
            level="warn",
            word="felt",
            since=None,
            subject=", ".join(f"{api} {number}" for api, number in sorted(found.failed.items()) if number),
            impact="users of the cloud felt it",
            message=f"{failed:,} of {count_of(requests)} failed",
            command=f"stairlift availability {run.id}",
        )
    if now.timestamp() - found.at > _SILENT and run.state not in FINAL_RUN_STATES and standing.attended:
        yield Health(
            key="meter-silent",
            level="warn",
            word="silent",
            since=datetime.fromtimestamp(found.at, UTC),
            subject="meter",
            impact="nobody knows what users feel",
            message="it writes nothing",
        )
