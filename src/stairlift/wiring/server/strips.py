"""What meters wrote, kept in bins between two looks: hours of samples are read once, then only what was added."""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from stairlift.model.run import FINAL_RUN_STATES, Run
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleReader
from stairlift.report.strip import BINS, Gathered, Strip
from stairlift.wiring.clock import now

#: So many runs are kept in mind.
_MOST = 4


@dataclass(slots=True)
class _Followed:
    """The file of a meter, and what was gathered of it so far. `inode` tells another file of the same name."""

    reader: SampleReader
    inode: int
    gathered: Gathered = field(default_factory=Gathered)
    lock: Lock = field(default_factory=Lock)


class Strips:
    """Availability strips of the runs that were measured here. Any thread may ask."""

    def __init__(self) -> None:
        self._followed: OrderedDict[Path, _Followed] = OrderedDict()
        self._lock = Lock()

    def strip_of(
        self, run: Run, state_dir: Path, *, bins: int = BINS, begin: float | None = None, end: float | None = None
    ) -> Strip | None:
        """A run's strip, of all that was measured or of a part; None where nothing was measured here.

        `begin` and `end` are seconds since the epoch. Raises OSError.
        """
        file = folder_of(state_dir, run.id) / SAMPLES
        followed = self._follow(file)
        if followed is None:
            return None
        with followed.lock:
            for piece in followed.reader.pieces():
                followed.gathered.hear(piece)
            gathered = followed.gathered
            if not gathered.heard:
                return None
            until = gathered.end if run.state in FINAL_RUN_STATES else now().timestamp()
            begin = gathered.begin if begin is None else begin
            end = max(until, gathered.end) if end is None else end
            return gathered.strip(begin, max(end, begin + 1.0), bins, until)

    def _follow(self, file: Path) -> _Followed | None:
        with self._lock:
            try:
                inode = file.stat().st_ino
            except FileNotFoundError:
                return None
            found = self._followed.get(file)
            if found is None or found.inode != inode:
                found = self._followed[file] = _Followed(SampleReader(file), inode)
            self._followed.move_to_end(file)
            while len(self._followed) > _MOST:
                self._followed.popitem(last=False)
            return found
