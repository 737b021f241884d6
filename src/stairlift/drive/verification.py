"""After the work of a step: wait until its services are heard of and all its gates hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stairlift.drive.assignment import expects_report, services_of
from stairlift.drive.tools import Pace, Tools
from stairlift.model.errors import SourceTrouble
from stairlift.model.plan import Step
from stairlift.ports import Clock, FreshnessProbe, Inquiry, Looked, StepGate

_EAGER = 10
_NAMED = 3
#: Less is how a clock is kept right, or how long two looks at clocks are apart.
_LEAP = timedelta(seconds=2)
#: The gate that every run has: records in registries.
RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps a step from being done: the gate, and sentences of what it misses."""

    gate: str
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        more = f"; and {len(self.sentences) - _NAMED} more" if len(self.sentences) > _NAMED else ""
        return "; ".join(self.sentences[:_NAMED]) + more


class Records:
    """Fills StepGate by the registries: whoever has a record must have written it anew."""

    name = RECORDS

    def __init__(self, freshness: FreshnessProbe) -> None:
        self._freshness = freshness

    def concerns(self, step: Step) -> bool:
        """Who restarts is heard of."""
        return expects_report(step)

    async def look(self, inquiry: Inquiry) -> Looked:
        """See ports.StepGate."""
        return Looked(missing=await self._freshness.stale(services_of(inquiry.step), inquiry.since))


def gates_for(step: Step, tools: Tools) -> tuple[StepGate, ...]:
    """The gates that a step has to pass, the cheapest first; none where nothing of it restarts."""
    if not expects_report(step):
        return ()
    records = (Records(tools.freshness),) if tools.freshness is not None else ()
    return (*records, *(gate for gate in tools.gates if gate.concerns(step)))


async def until_gates_hold(inquiry: Inquiry, tools: Tools, missing: Callable[[Missing], None]) -> tuple[str, ...]:
    """Ask the gates of a step until none misses anything; `missing` hears what. Gives back what nobody could tell.

    The first gate that misses something is waited for before the next is asked. One that cannot be asked is asked
    again. When to give up is not decided here.
    """
    moments = _Moment(inquiry.began, tools.clock), _Moment(inquiry.since, tools.clock)
    gates = gates_for(inquiry.step, tools)
    for pause in pauses(tools.pace):
        began, since = (moment.now_called() for moment in moments)
        asked = Inquiry(inquiry.step, inquiry.parts, began, since, inquiry.undo)
        found = await _first_missing(gates, asked)
        if not isinstance(found, Missing):
            return found
        missing(found)
        await tools.clock.sleep(pause)
    return ()


async def _first_missing(gates: tuple[StepGate, ...], inquiry: Inquiry) -> Missing | tuple[str, ...]:
    """A gate that breaks on an odd answer keeps its step waiting; the run and all other steps go on."""
    unknown: list[str] = []
    for gate in gates:
        try:
            looked = await gate.look(inquiry)
        except SourceTrouble as trouble:
            return _unasked(gate, trouble.brief)
        except Exception as error:  # noqa: BLE001
            return _unasked(gate, f"{type(error).__name__}: {error}")
        if looked.missing:
            return Missing(gate.name, looked.missing)
        unknown += looked.unknown
    return tuple(unknown)


def _unasked(gate: StepGate, why: str) -> Missing:
    whom = "the registry" if gate.name == RECORDS else f"gate {gate.name}"
    return Missing(gate.name, (f"{whom} could not be asked: {why}",))


class _Moment:
    """A moment that has passed, as our clock has it: when that is set, the moment moves along.

    One that seems to lie ahead was taken before the clock was set back; since nobody knows how far, it is now.
    """

    def __init__(self, at: datetime, clock: Clock) -> None:
        self._clock = clock
        self._at = min(at, clock.now())
        self._offset = self._measured()

    def now_called(self) -> datetime:
        """What our clock calls it now."""
        leap = self._measured() - self._offset
        return self._at + leap if abs(leap) > _LEAP else self._at

    def _measured(self) -> timedelta:
        """How far the two clocks are apart; read again where something came between the readings."""
        before = self._clock.steady()
        now = self._clock.now()
        if self._clock.steady() - before > _LEAP.total_seconds() / 4:
            return self._measured()
        return now - datetime.fromtimestamp(before, UTC)


async def heard_once(step: Step, since: datetime, tools: Tools) -> str:
    """What the registries say now of the services of a step whose work nobody saw end; "" where nobody can tell."""
    if tools.freshness is None or not expects_report(step):
        return ""
    try:
        stale = await tools.freshness.stale(services_of(step), since)
    except SourceTrouble as trouble:
        return f"the registry could not be asked: {trouble.brief}"
    return str(Missing(RECORDS, stale)) if stale else "no registry misses its services"


def pauses(pace: Pace) -> Iterator[float]:
    """How long to wait between two questions, for ever."""
    yield from [pace.probe] * _EAGER
    pause = pace.probe
    while True:
        pause = min(pause * 1.5, pace.probe_most)
        yield pause
