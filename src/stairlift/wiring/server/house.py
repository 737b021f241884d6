"""What a server works with: the journal and the attempts, what it keeps beside them, and who carries runs out."""

import os
import pwd
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from stairlift.model.errors import UsageError
from stairlift.ports import Keys, Library, Outbox, Receipts
from stairlift.store.keys import SqlKeys
from stairlift.store.library import SqlLibrary
from stairlift.store.opening import open_engine
from stairlift.store.outbox import SqlOutbox
from stairlift.store.receipts import SqlReceipts
from stairlift.wiring.config.in_force import InForce
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.office import Office, open_office
from stairlift.wiring.server.attendance import Attendance
from stairlift.wiring.server.bell import Bell
from stairlift.wiring.server.codes import Codes
from stairlift.wiring.server.jobs import Jobs, Threads
from stairlift.wiring.server.kept_jobs import KeptJobs
from stairlift.wiring.server.measuring import Measuring
from stairlift.wiring.server.overviews import Overviews
from stairlift.wiring.server.steering import Steering
from stairlift.wiring.server.strips import Strips
from stairlift.wiring.server.timelines import Timelines


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is behind the doors of a server. It is built once, and closed when the server ends.

    `let_go` closes what it keeps beside the journal.
    """

    office: Office
    in_force: InForce
    keys: Keys
    library: Library
    receipts: Receipts
    outbox: Outbox
    attendance: Attendance
    jobs: Jobs
    bell: Bell
    overviews: Overviews
    timelines: Timelines
    codes: Codes = field(default_factory=Codes)
    strips: Strips = field(default_factory=Strips)
    measuring: Measuring = field(default_factory=Measuring)
    let_go: Callable[[], None] = lambda: None
    telling: dict[str, Lock] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Those that hold at this moment."""
        return self.in_force.settings

    @property
    def steering(self) -> Steering:
        """What is told to runs goes through it: one at a time for each run, by `telling`."""
        return Steering(self.office, self.attendance, self.overviews, self.telling)

    def fresh_settings(self) -> Settings:
        """As they are in the files at this moment, for one thing that is to be done. Raises UsageError (config.*)."""
        return self.in_force.fresh()

    def close(self) -> bool:
        """Let orchestrators detach and connections go; whether every orchestrator has left in time."""
        left = self.attendance.close()
        self.jobs.close()
        self.bell.close()
        if left:  # else one is at the journal still
            self.office.store.close()
            self.let_go()
        return left


def open_house(settings: Settings, again: Callable[[], Settings] | None = None) -> House:
    """Open the journal and what a server keeps beside it. Nobody looks after runs before `attendance.begin()`.

    `again` reads the settings once more: whoever edits stairlift.toml need not end the server for it.

    Raises UsageError (state.foreign) for the state directory of another user, and as `open_office` does.
    """
    _demand_own(settings.state_dir)
    office = open_office(settings)
    engine = open_engine(settings.database_url)
    overviews = Overviews(office.store)
    return House(
        office=office,
        in_force=InForce(settings, again),
        keys=SqlKeys(engine),
        library=SqlLibrary(engine),
        receipts=SqlReceipts(engine),
        outbox=SqlOutbox(engine),
        attendance=Attendance(office, f"server on {socket.gethostname()}"),
        jobs=Threads(KeptJobs(settings.state_dir / "jobs")),
        bell=Bell(office.store),
        overviews=overviews,
        timelines=Timelines(overviews),
        let_go=engine.dispose,
    )


def _demand_own(state: Path) -> None:
    """What a server leaves in the folder of somebody else, that person cannot use any more; root least of all asks."""
    try:
        owner = state.stat().st_uid
    except OSError:  # it is made, or told to be unusable
        return
    if owner == os.geteuid():
        return
    raise UsageError(
        code="state.foreign",
        brief=f"the state directory {state} is that of {_name(owner)}",
        details=f"this process is run by {_name(os.geteuid())}; journal, locks and attempts need one owner",
        resolution=f"Run it as {_name(owner)}, or name another directory with STAIRLIFT_STATE_DIR.",
    )


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"
