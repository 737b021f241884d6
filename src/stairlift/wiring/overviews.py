"""The runs that people look at, kept in mind by a server: of 40,000 steps it reads those that have moved since."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from stairlift.drive.choices import choices
from stairlift.model.choice import Choices
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.model.run import Run, StepStatus
from stairlift.ports import Records
from stairlift.run.outline import Outline

#: So many runs are kept in mind; one of 80,000 steps takes about 100 MB.
_KEPT = 4
#: Where more steps have moved, all of them are read.
_FEW = 500


@dataclass
class _Known:
    """A run as it was at event number `seq`. Whoever brings it up to date holds the lock."""

    lock: Lock = field(default_factory=Lock)
    outline: Outline | None = None
    seq: int = 0


class Overviews:
    """Any thread may ask."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def choices(self, run: Run) -> Choices:
        """What can be told to a run now. Raises StairliftError (store.*)."""
        return choices(self._records, run, self.outline)

    def plan(self, run: Run) -> Plan:
        """The whole plan that a run carries out."""
        known = self._of(run.id)
        with known.lock:
            return self._fresh(run.id, known).plan

    def outline(self, run: Run) -> tuple[Plan, tuple[StepStatus, ...]]:
        """The plan and where its steps stand, as far as it matters for the run as a whole; see `Outline.drawn`."""
        known = self._of(run.id)
        with known.lock:
            return self._fresh(run.id, known).drawn()

    def _of(self, run_id: str) -> _Known:
        with self._lock:
            known = self._known.setdefault(run_id, _Known())
            self._known.move_to_end(run_id)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return known

    def _fresh(self, run_id: str, known: _Known) -> Outline:
        """What has moved after the events were read counts the next time."""
        newest = self._records.latest(run_id)
        seq = newest.seq if newest else 0
        if known.outline is None:
            known.outline = Outline(from_document(self._records.plan(run_id)), self._records.steps(run_id))
        elif seq > known.seq:
            known.outline.move(self._records.steps(run_id, self._moved(run_id, known.seq)))
        known.seq = seq
        return known.outline

    def _moved(self, run_id: str, after: int) -> set[str] | None:
        """The steps that events tell of; None where all had better be read."""
        found = {event.step for event in self._records.events(run_id, after, limit=_FEW) if event.step}
        return None if len(found) >= _FEW else found
