"""Numbers for whoever scrapes a server: from the journal each time, so that counters survive every restart.

What cannot change any more is read once: the attempts of a run that is over, the samples that were read already. What
takes long is not done at every scrape: how long a run may still take is worked out anew only once the
last time it took is a fiftieth of what has passed since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic

from stairlift import __version__
from stairlift.model.availability import METER
from stairlift.model.plan_document import from_document
from stairlift.model.run import FINAL_RUN_STATES, OVER, SETTLED, Run, RunState, StepState
from stairlift.model.scope import Scope
from stairlift.ports import Outbox, Records
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleReader
from stairlift.report.estimates import Remaining, history, known, seconds
from stairlift.report.expected import MOST
from stairlift.report.metrics import AttemptKey, Family, RunNumbers, binned, families, together
from stairlift.report.probing import Bins, Probed, Probing
from stairlift.run.rehearsing import play
from stairlift.wiring.clock import now
from stairlift.wiring.server.attendance import Attendance

#: Of the time since a forecast was made, the share that making the next may take; and the seconds it holds at least.
_SHARE, _HOLDS = 0.02, 60.0


@dataclass(slots=True)
class _Sought:
    """How a run was expected to go; None where nobody knows. It holds until then, on the monotonic clock."""

    remaining: Remaining | None
    until: float


@dataclass(slots=True)
class _Followed:
    """The samples of a run, as far as they were read."""

    reader: SampleReader
    probing: Probing = field(default_factory=Probing)


class Measuring:
    """What was counted, between one scrape and the next. Any thread may ask; one is answered at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._attempts: dict[str, tuple[int, Mapping[AttemptKey, Bins]]] = {}
        self._sought: dict[str, _Sought] = {}
        self._followed: dict[str, _Followed] = {}

    def families(self, records: Records, attendance: Attendance, outbox: Outbox, state_dir: Path) -> tuple[Family, ...]:
        """All there is to scrape at this moment. Raises StairliftError (store.*)."""
        with self._lock:
            runs = records.runs()
            shown = [self._numbers(run, records, attendance, state_dir) for run in of_each_cloud(runs)]
            self._forget({one.run.id for one in shown})
            attempts = together(self._attempts_of(run, records) for run in runs)
            return families(__version__, shown, attempts, outbox.outcomes(), now())

    def _course(self, run: Run, records: Records) -> Remaining | None:
        """How a run was expected to go, as it was worked out not too long ago."""
        sought = self._sought.get(run.id)
        if sought is None or monotonic() > sought.until:
            began = monotonic()
            found = remaining(run, records)
            took = monotonic() - began
            sought = self._sought[run.id] = _Sought(found, began + took + max(_HOLDS, took / _SHARE))
        return sought.remaining

    def _numbers(self, run: Run, records: Records, attendance: Attendance, state_dir: Path) -> RunNumbers:
        counts, newest = records.counts(run.id), records.latest(run.id)
        done = sum(counts.get(state, 0) for state in SETTLED)
        course = self._course(run, records) if run.state is RunState.RUNNING else None
        asks_for_plan = run.state is RunState.WAITING and not Scope.of(run).approved
        return RunNumbers(
            run=run,
            counts=counts,
            latest=newest.at if newest else run.created_at,
            asking=counts.get(StepState.WAITING, 0) + asks_for_plan,
            left=course.left(done) if course else None,
            trouble=attendance.of(run).trouble is not None,
            apis=self._probed(run, state_dir),
        )

    def _probed(self, run: Run, state_dir: Path) -> Mapping[str, Probed]:
        """What the meter of a run has written by now; nothing where it was not measured here."""
        if METER not in run.options:
            return {}
        reader = SampleReader(folder_of(state_dir, run.id) / SAMPLES)
        followed = self._followed.setdefault(run.id, _Followed(reader))
        for piece in followed.reader.pieces():
            followed.probing.hear(piece)
        return followed.probing.apis

    def _attempts_of(self, run: Run, records: Records) -> Mapping[AttemptKey, Bins]:
        """Counted once of a run that is over, else whenever something has happened to it."""
        before = self._attempts.get(run.id)
        if before and run.state in FINAL_RUN_STATES:
            return before[1]
        newest = records.latest(run.id)
        seq = newest.seq if newest else 0
        if before is None or before[0] != seq:
            before = self._attempts[run.id] = (seq, binned(records.ended(run.id)))
        return before[1]

    def _forget(self, shown: set[str]) -> None:
        """What nobody asks for any more."""
        for kept in (self._sought, self._followed):
            for run_id in set(kept) - shown:
                del kept[run_id]


def of_each_cloud(runs: Iterable[Run]) -> list[Run]:
    """Of each cloud the run that is active, else the newest. `runs` are the newest first."""
    found: dict[str, Run] = {}
    for run in runs:
        known_one = found.setdefault(run.cloud, run)
        if known_one.state in OVER and run.state not in OVER:
            found[run.cloud] = run
    return [found[cloud] for cloud in sorted(found)]


def remaining(run: Run, records: Records) -> Remaining | None:
    """How a run was expected to go, by what the like took; None where a kind of its steps was never done before."""
    plan = from_document(records.plan(run.id))
    found = known(plan, history(records.lengths(run.cloud, MOST)))
    if not found.whole or not found.lengths:
        return None
    return Remaining.of({step: (one.begin, one.end) for step, one in play(plan, seconds(found, "p50")).items()})
