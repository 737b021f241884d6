"""What timelines are made of, kept in mind between two looks: plans never change, of runs the events tell what has."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from stairlift.model.run import FINAL_RUN_STATES, Run, StepStatus
from stairlift.ports import Records
from stairlift.report.expected import MOST
from stairlift.report.forecast import Forecast, Usual
from stairlift.report.moments import KINDS, Moments
from stairlift.report.outline import Outline, outline
from stairlift.report.timeline import Known, Timeline, timeline
from stairlift.report.timeline_rows import Asked, choose
from stairlift.wiring.clock import now

_T = TypeVar("_T")
#: So many runs and plans are kept in mind.
_MOST = 4
#: Behind more events than this, all steps are read anew.
_FAR = 5_000
#: For how many seconds a forecast holds, at least and for each step: it is dear for many. What the like took holds
#: so many times longer.
_HOLDS, _FOR_EACH, _LONGER = 2.0, 0.001, 4
#: So many failed attempts are shown of rows whose steps are not shown each.
_FAILED = 200


@dataclass(slots=True)
class _Followed:
    """One run up to event number `seq`."""

    seq: int = 0
    statuses: dict[str, StepStatus] = field(default_factory=dict)
    moments: Moments = field(default_factory=Moments)
    forecast: tuple[datetime, Forecast] | None = None
    usual: tuple[datetime, Usual] | None = None
    lock: Lock = field(default_factory=Lock)


class Timelines:
    """Timelines of runs. Any thread may ask; all methods raise StairliftError (store.*)."""

    def __init__(self) -> None:
        self._outlines: _Kept[Outline] = _Kept()
        self._runs: _Kept[_Followed] = _Kept()

    def of(self, run: Run, records: Records, asked: Asked) -> Timeline:
        """The page of a run's timeline that is asked for."""
        plan = self.outline(run, records)
        followed = self._runs.get(run.id, _Followed)
        with followed.lock:
            _follow(followed, run, records)
            forecast = _forecast(followed, run, records, plan)
            statuses, moments = dict(followed.statuses), followed.moments
        chosen = choose(plan, statuses, asked)
        shown = chosen.steps()
        dense = any(row.dense for row in chosen.rows)
        failed = (
            records.attempts(run.id, results=("failed", "unknown"), newest_first=True, most=_FAILED) if dense else ()
        )
        known = Known(
            run=run,
            outline=plan,
            statuses=statuses,
            moments=moments,
            forecast=forecast,
            now=now(),
            attempts=records.attempts_of(run.id, plan.named(shown)),
            failed=tuple(a for a in failed if plan.number.get(a.id.step) not in set(shown)),
        )
        return timeline(known, chosen, asked)

    def outline(self, run: Run, records: Records) -> Outline:
        """A run's plan in outline."""
        return self._outlines.get(run.plan_hash, lambda: outline(records.plan(run.id)))


def _follow(followed: _Followed, run: Run, records: Records) -> None:
    """Read what has happened since; the events come first, so that no step is older than they say."""
    newest = records.latest(run.id)
    seq = newest.seq if newest else 0
    if not followed.statuses or seq - followed.seq > _FAR:
        followed.statuses = _by_id(records, run)
        heard = records.events(run.id, after=followed.seq, kinds=KINDS)
    elif seq > followed.seq:
        events = records.events(run.id, after=followed.seq)
        seq = events[-1].seq
        followed.statuses |= {s.id: s for s in records.steps(run.id, {e.step for e in events if e.step})}
        heard = tuple(event for event in events if event.kind in KINDS)
    else:
        return
    followed.moments, followed.seq = followed.moments.heard(e for e in heard if e.seq <= seq), seq


def _by_id(records: Records, run: Run) -> dict[str, StepStatus]:
    return {status.id: status for status in records.steps(run.id)}


def _forecast(followed: _Followed, run: Run, records: Records, plan: Outline) -> Forecast | None:
    """When the rest may be done; of a run that is over, or is taken back, nobody tells."""
    if run.state in FINAL_RUN_STATES or run.intent != "go":
        return None
    at, holds = now(), timedelta(seconds=max(_HOLDS, _FOR_EACH * len(plan.steps)))
    if followed.usual is None or at - followed.usual[0] > _LONGER * holds:
        followed.usual = at, Usual.of(records.lengths(run.cloud, MOST))
    if followed.forecast is None or at - followed.forecast[0] > holds:
        followed.forecast = at, Forecast(plan, dict(followed.statuses), followed.usual[1], at)
    return followed.forecast[1]


class _Kept(Generic[_T]):
    """The newest few of something dear, each made once by whoever asks first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _T] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The one of this key."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                found = self._kept.get(key)
            made = make() if found is None else found
            with self._lock:
                self._kept[key] = made
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST:
                    self._making.pop(self._kept.popitem(last=False)[0], None)
            return made
