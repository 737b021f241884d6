"""Who carries runs out on a server: an orchestrator in a thread of its own for each cloud that has a run under way."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Literal

from stairlift.model.errors import StairliftError
from stairlift.model.run import FINAL_RUN_STATES, Run, RunState
from stairlift.run.unattended import UNDER_WAY, need_of
from stairlift.store.refusals import busy
from stairlift.wiring.clock import now
from stairlift.wiring.defects import defect_of
from stairlift.wiring.office import Office
from stairlift.wiring.server.shifts import Duty, Shift
from stairlift.wiring.signals import Dismissal

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at the journal.
_LOOK = 1.0
#: Seconds for which whoever put something on record at a terminal may see to it there, before somebody here does. A
#: run that is pending has been recorded by a process that is just starting another one to carry it out.
_PATIENCE, _PATIENCE_PENDING = 1.0, 10.0
#: Seconds until something is tried again that could not be done; each time twice as many, up to the most.
_AGAIN, _AGAIN_MOST = 5.0, 300.0
#: Seconds in which orchestrators detach; one that hangs at an API that does not answer is left to its fate.
_LEAVING = 5.0


@dataclass(frozen=True, slots=True)
class Attending:
    """How a run is attended: by this server, by another process, by nobody.

    `trouble` is why this server could not take it up the last time it tried, `again_at` when it tries again by itself.
    `since` is when somebody here set to work to carry it on.
    """

    by: Literal["here", "elsewhere", "nobody"]
    trouble: StairliftError | None = None
    again_at: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Setback:
    """A run was carried on so many `times` in a row that it should rest now; `again` is on the monotonic clock."""

    times: int
    again: float
    again_at: datetime

    @classmethod
    def after(cls, before: "_Setback | None", trouble: StairliftError | None) -> "_Setback":
        """What was told on its last way out is seen to at once; what fails, or does not help, ever more seldom."""
        times = before.times + 1 if before else 0 if trouble is None else 1
        pause = min(_AGAIN * 2 ** min(times - 1, 16), _AGAIN_MOST) if times else 0.0
        return cls(times, time.monotonic() + pause, now() + timedelta(seconds=pause))


class Attendance:
    """Sees to it that every run has an orchestrator that wants one. No method waits for the cloud.

    It looks at the journal every second, at what any process may have put there; the kernel's lock and the lease keep
    two servers from the same cloud. `actor` goes on record where nobody but the server itself took a run up.
    """

    def __init__(self, office: Office, actor: str) -> None:
        self._office = office
        self._actor = actor
        self._lock = Lock()
        self._shifts: dict[str, Shift] = {}  # by cloud
        self._setbacks: dict[str, _Setback] = {}  # by run, as all below
        self._troubles: dict[str, StairliftError] = {}
        self._asked: dict[str, Duty] = {}
        self._blanket: set[str] = set()
        self._nudged: set[str] = set()
        self._wanting: dict[str, float] = {}
        self._bell = Event()
        self._leave = Dismissal()
        self._blind = ""
        self._watch = Thread(target=self._watching, name="attendance", daemon=True)

    def begin(self) -> None:
        """Start to look after runs, those first that an earlier server has left."""
        self._watch.start()

    # What the doors ask

    def take_up(self, run_id: str, actor: str, *, approve_all: bool = False) -> None:
        """Have a run carried on, as `stairlift resume` does: what is in flight is adopted. It begins in a moment.

        One that is over, or is carried on here, is left as it is. Raises UsageError (run.unknown), Refusal
        (run.cloud_busy) where another process carries on a run of its cloud, or this one another run.
        """
        run = self._office.store.run(run_id)
        if run.state in FINAL_RUN_STATES:
            return
        holder = self._office.store.orchestrator(run.cloud)
        duty = Duty(run, "rest" if run.intent == "cancel" else "go on", actor, approve_all)
        with self._lock:
            mine = self._shifts.get(run.cloud)
            if mine is not None and mine.duty.run.id == run_id and not approve_all:
                self._asked |= {} if run.state in UNDER_WAY else {run_id: duty}  # who has laid it down is leaving
            elif mine is not None or holder is not None:
                raise busy(holder)
            else:
                self._take_up(duty)

    def nudge(self, run_id: str) -> None:
        """Say that the run was told something: where nobody orchestrates it, somebody here sees to it at once."""
        with self._lock:
            self._setbacks.pop(run_id, None)
            self._wanting[run_id] = 0.0
            if any(shift.duty.run.id == run_id for shift in self._shifts.values()):
                self._nudged.add(run_id)  # it may be on its way out, and not hear of it any more
        self._bell.set()

    def of(self, run: Run) -> Attending:
        """How a run is attended at this moment. Raises StairliftError (store.*)."""
        with self._lock:
            mine = self._shifts.get(run.cloud)
            if mine is not None and mine.duty.run.id == run.id:
                return Attending("here", since=mine.began_at if mine.duty.need == "go on" else None)
            trouble, setback = self._troubles.get(run.id), self._setbacks.get(run.id)
        holder = self._office.store.orchestrator(run.cloud) if mine is None else None
        if holder is not None and holder.run in {run.id, None}:
            return Attending("elsewhere")
        return Attending("nobody", trouble, setback.again_at if trouble and setback else None)

    def leave(self) -> None:
        """Tell all orchestrators to detach: nothing new starts, attempts go on by themselves. Does not wait."""
        self._leave.tell()
        self._bell.set()

    def close(self) -> bool:
        """Leave, and wait a few seconds until they have; whether all have."""
        self.leave()
        end = time.monotonic() + _LEAVING
        if self._watch.is_alive():
            self._watch.join(_LEAVING)
        with self._lock:
            left = list(self._shifts.values())
        return all(shift.join(max(0.0, end - time.monotonic())) for shift in left)

    # Looking after runs

    def _watching(self) -> None:
        while not self._leave.told:
            self._bell.clear()
            try:
                self._look()
                self._blind = ""
            except StairliftError as trouble:
                self._tell_once(trouble)
            except Exception as bug:  # the next look may go well  # noqa: BLE001
                self._stumble_once(bug)
            self._bell.wait(_LOOK)

    def _tell_once(self, trouble: StairliftError) -> None:
        if trouble.brief != self._blind:
            self._blind = trouble.brief
            _LOG.warning("nobody can be looked after: %s [%s]", trouble.brief, trouble.code)

    def _stumble_once(self, bug: Exception) -> None:
        """One that is met every second fills no disk with files about it."""
        if repr(bug) != self._blind:
            self._blind = repr(bug)
            defect_of(bug, "nobody can be looked after")

    def _look(self) -> None:
        """See to every run that wants somebody and has nobody."""
        found = self._office.store.unfinished()
        for run in found:
            self._see_to(run)
        with self._lock:
            for run_id in {*self._troubles, *self._wanting} - {run.id for run in found}:
                self._forget(run_id)

    def _see_to(self, run: Run) -> None:
        if run.cloud in self._shifts:
            return
        told = self._office.store.commands(run.id, unsettled=True)
        need = need_of(run, {command.kind for command in told})
        if need is None:
            with self._lock:  # what kept a person from taking it up stays to be seen
                self._wanting.pop(run.id, None)
                self._setbacks.pop(run.id, None)
        elif self._is_due(run) and self._office.store.orchestrator(run.cloud) is None:
            actor = told[-1].actor if told else self._actor
            found = self._office.store.run(run.id)  # as its last holder left it, who may have moved it in between
            with self._lock:
                if run.cloud not in self._shifts:
                    self._begin(Duty(found, need, actor, run.id in self._blanket))

    def _is_due(self, run: Run) -> bool:
        """Whether somebody else has had the time for it, and the last try is long enough ago."""
        at = time.monotonic()
        with self._lock:
            since = self._wanting.setdefault(run.id, at)
            setback = self._setbacks.get(run.id)
        patience = _PATIENCE_PENDING if run.state is RunState.PENDING else _PATIENCE
        return at - since >= patience and (setback is None or at >= setback.again)

    # All of them with the lock held

    def _take_up(self, duty: Duty) -> None:
        """As if nothing had been tried before."""
        self._forget(duty.run.id)
        if duty.approve_all and duty.run.state is RunState.PENDING:  # it is on record once the run has begun
            self._blanket.add(duty.run.id)
        self._begin(duty)

    def _begin(self, duty: Duty) -> None:
        if not self._leave.told:
            self._shifts[duty.run.cloud] = shift = Shift(duty, self._office, self._leave)
            shift.begin(self._ended)

    def _forget(self, run_id: str) -> None:
        for known in (self._setbacks, self._troubles, self._wanting, self._asked):
            known.pop(run_id, None)
        for marked in (self._blanket, self._nudged):
            marked.discard(run_id)

    def _ended(self, shift: Shift, trouble: StairliftError | None) -> None:
        """A shift is over. A run that wants somebody still has to wait, unless it was told something meanwhile."""
        run_id = shift.duty.run.id
        with self._lock:
            del self._shifts[shift.duty.run.cloud]
            if run_id in self._nudged:
                self._nudged.discard(run_id)
            else:
                self._setbacks[run_id] = _Setback.after(self._setbacks.get(run_id), trouble)
            if trouble is None:
                self._blanket.discard(run_id)
            if trouble is None or trouble.code == "run.cloud_busy":
                self._troubles.pop(run_id, None)
            else:
                self._troubles[run_id] = trouble
            if asked := self._asked.pop(run_id, None):
                self._take_up(asked)
        self._bell.set()
