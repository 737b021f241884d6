"""The runs as a wall screen shows them: what each is at, how far it is, and which of them need somebody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stairlift.model.run import FINAL_RUN_STATES, UNWELL, Run, RunState, StepState
from stairlift.model.scope import Scope
from stairlift.report.ahead import left, percent, share
from stairlift.report.signs import Sign, run_sign
from stairlift.report.text import count


@dataclass(frozen=True, slots=True)
class Card:
    """One run. `needs` says what it wants of people; `left` is a guess, `length` how long it took so far."""

    run: Run
    sign: Sign
    done: int
    total: int
    length: timedelta | None
    left: timedelta | None
    needs: tuple[str, ...]

    @property
    def percent(self) -> int:
        """How much of it has come to its end."""
        return percent(self.done, self.total)

    @property
    def over(self) -> bool:
        """Whether it never goes on."""
        return self.run.state in FINAL_RUN_STATES

    @property
    def going(self) -> bool:
        """Whether its length still grows."""
        return self.run.ended_at is None and self.run.started_at is not None


def card(run: Run, counts: Mapping[StepState, int], now: datetime, *, attended: bool) -> Card:
    """What there is to see of a run at that time."""
    done, total = share(run, counts)
    length = (run.ended_at or now) - run.started_at if run.started_at else None
    needs = needs_of(run, counts, attended=attended)
    ahead = left(run, counts, now)
    return Card(run, run_sign(run.state), done, total, length=length, left=ahead, needs=needs)


def needs_of(run: Run, counts: Mapping[StepState, int], *, attended: bool) -> tuple[str, ...]:
    """What a run wants of people, the most urgent first."""
    if run.state in FINAL_RUN_STATES:
        return ()
    unwell = {StepState.UNDO_FAILED} if run.intent == "rollback" else UNWELL
    bad = sum(counts.get(state, 0) for state in unwell)
    asked = counts.get(StepState.WAITING, 0)
    return (
        *([f"{count(bad, 'step')} not well: retry or skip"] if bad else []),
        *(["the plan wants approval"] if run.state is RunState.WAITING and not Scope.of(run).approved else []),
        *([f"{count(asked, 'step')} {'wants' if asked == 1 else 'want'} approval"] if asked else []),
        *(_rest(run, bad, attended=attended)),
    )


def _rest(run: Run, bad: int, *, attended: bool) -> list[str]:
    if run.state is RunState.PAUSED:
        return ["paused: resume it to go on"]
    if run.state is RunState.FAILED and not bad:
        return ["failed: resume it to go on"]
    if run.state in {RunState.RUNNING, RunState.ROLLING_BACK, RunState.PENDING} and not attended:
        return ["nobody carries it on: resume it"]
    return []


def in_order_of_need(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """Those that need somebody, then those under way, then those that are over; each the newest first."""
    return tuple(sorted(cards, key=lambda one: (not one.needs, one.over)))
