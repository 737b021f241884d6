"""What somebody sees who watches one run at a terminal: kept up event by event, since a plan may have many steps."""

from datetime import datetime, timedelta

from stairlift.model.outline import Outline, outline
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Event, Run, StepState
from stairlift.ports import Records
from stairlift.report.course import Course
from stairlift.report.expected import MOST, Expected
from stairlift.report.forecast import Forecast, Usual
from stairlift.report.live import Coming, Row, live_rows
from stairlift.report.screen import screen
from stairlift.wiring.archive import Archive
from stairlift.wiring.clock import now

#: How long a forecast holds: it is dear for many steps.
_HOLDS = timedelta(seconds=15)


class Lookout:
    """Looks after one run. `news` has the events since the last look. All of it may raise StairliftError (store.*)."""

    def __init__(self, archive: Archive, run: Run) -> None:
        self._archive = archive
        self._id = run.id
        newest = archive.records.latest(run.id)
        self._seq = newest.seq if newest else 0
        self._outline = outline(archive.records.plan_head(run.id), archive.records.each_plan_step(run.id))
        self._course = _course(self._outline, archive.records, run.id, self._seq)
        self._end: datetime | None = None
        self._end_at: datetime | None = None

    def news(self) -> tuple[Event, ...]:
        """What has happened since the last look, in order."""
        found = self._archive.records.events(self._id, self._seq)
        self._course.hear(found)
        self._seq = found[-1].seq if found else self._seq
        return found

    def rows(self) -> tuple[Row, ...]:
        """The lines that are drawn anew."""
        records, at = self._archive.records, now()
        run = records.run(self._id)
        standing = self._archive.standing(run)
        busy = standing.in_state(*IN_FLIGHT)
        usual = Expected.of_the_like(records.took(run.id, busy[0].id, MOST)) if busy else None
        seen = screen(standing, self._course.milestones(), at, usual)
        return live_rows(seen, standing, self._coming(run, at), at)

    def _coming(self, run: Run, at: datetime) -> Coming:
        pending = self._archive.records.steps(run.id, states={StepState.PENDING}, most=1)
        steps = self._archive.steps(run, {status.id for status in pending})
        return Coming(next(iter(steps.values()), None), self._ends(run, at))

    def _ends(self, run: Run, at: datetime) -> datetime | None:
        """When it may have ended; of a run that is over, or is taken back, nobody tells."""
        if run.state in FINAL_RUN_STATES or run.intent != "go":
            return None
        if self._end_at is None or at - self._end_at > _HOLDS:
            records = self._archive.records
            statuses = {status.id: status for status in records.steps(run.id)}
            usual = Usual.of(records.lengths(run.cloud, MOST))
            self._end_at = at
            self._end = Forecast(self._outline, statuses, usual, at).end() if usual.seconds else None
        return self._end


def _course(plan: Outline, records: Records, run_id: str, seq: int) -> Course:
    return Course(plan.steps, {status.id: status.state for status in records.steps(run_id)}, seq)
