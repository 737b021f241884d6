"""What timelines are made of besides where a run stands, kept in mind between two looks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from stairlift.model.run import FINAL_RUN_STATES, Run
from stairlift.ports import Records
from stairlift.report.expected import MOST as MOST_LENGTHS
from stairlift.report.forecast import Forecast, Usual
from stairlift.report.moments import KINDS, Moments
from stairlift.report.timeline import Known, Timeline, timeline
from stairlift.report.timeline_rows import Asked, choose
from stairlift.wiring.clock import now
from stairlift.wiring.server.kept import Kept
from stairlift.wiring.server.overviews import MOST, Overviews, Stand

#: For how many seconds a forecast holds, at least and for each step: it is dear for many. What the like took holds
#: so many times longer.
_HOLDS, _FOR_EACH, _LONGER = 2.0, 0.001, 4
#: So many failed attempts are shown of rows whose steps are not shown each.
_FAILED = 200


@dataclass(slots=True)
class _Followed:
    """What was heard of one run up to event number `seq`, and when it was thought to end."""

    seq: int = 0
    moments: Moments = field(default_factory=Moments)
    forecast: tuple[datetime, Forecast] | None = None
    usual: tuple[datetime, Usual] | None = None
    lock: Lock = field(default_factory=Lock)


class Timelines:
    """Timelines of runs. Any thread may ask; all methods raise StairliftError (store.*)."""

    def __init__(self, overviews: Overviews) -> None:
        self._overviews = overviews
        self._runs: Kept[_Followed] = Kept(MOST)

    def of(self, run: Run, asked: Asked) -> Timeline:
        """The page of a run's timeline that is asked for."""
        records = self._overviews.records
        followed = self._runs.get(run.id, _Followed)
        with followed.lock:
            stand = self._overviews.stand(run)
            _hear(followed, run, records, stand.seq)
            forecast, moments = _forecast(followed, run, records, stand), followed.moments
        plan, statuses = stand.outline, stand.statuses
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


def _hear(followed: _Followed, run: Run, records: Records, seq: int) -> None:
    """What has happened since the last time, as far as the steps are known that it happened to."""
    if seq > followed.seq:
        heard = records.events(run.id, after=followed.seq, kinds=KINDS)
        followed.moments, followed.seq = followed.moments.heard(e for e in heard if e.seq <= seq), seq


def _forecast(followed: _Followed, run: Run, records: Records, stand: Stand) -> Forecast | None:
    """When the rest may be done; of a run that is over, or is taken back, nobody tells."""
    if run.state in FINAL_RUN_STATES or run.intent != "go":
        return None
    at, holds = now(), timedelta(seconds=max(_HOLDS, _FOR_EACH * len(stand.statuses)))
    if followed.usual is None or at - followed.usual[0] > _LONGER * holds:
        followed.usual = at, Usual.of(records.lengths(run.cloud, MOST_LENGTHS))
    if followed.forecast is None or at - followed.forecast[0] > holds:
        followed.forecast = at, Forecast(stand.outline, stand.statuses, followed.usual[1], at)
    return followed.forecast[1]
