"""What a server works with: the journal and the attempts, what it keeps beside them, and who carries runs out."""

import os
import pwd
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from stairlift.model.errors import UsageError
from stairlift.ports import Keys, Library, Outbox, Receipts
from stairlift.store.keys import SqlKeys
from stairlift.store.library import SqlLibrary
from stairlift.store.opening import open_engine
from stairlift.store.outbox import SqlOutbox
from stairlift.store.receipts import SqlReceipts
from stairlift.wiring.attendance import Attendance
from stairlift.wiring.bell import Bell
from stairlift.wiring.codes import Codes
from stairlift.wiring.jobs import Jobs, Threads
from stairlift.wiring.measuring import Measuring
from stairlift.wiring.office import Office, open_office
from stairlift.wiring.overviews import Overviews
from stairlift.wiring.settings import Settings
from stairlift.wiring.steering import Steering
from stairlift.wiring.strips import Strips
from stairlift.wiring.timelines import Timelines


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is behind the doors of a server. It is built once, and closed when the server ends.

    `let_go` closes what it keeps beside the journal, `again` reads the settings once more.
    """

    office: Office
    settings: Settings
    keys: Keys
    library: Library
    receipts: Receipts
    outbox: Outbox
    attendance: Attendance
    jobs: Jobs
    codes: Codes = field(default_factory=Codes)
    strips: Strips = field(default_factory=Strips)
    timelines: Timelines = field(default_factory=Timelines)
    measuring: Measuring = field(default_factory=Measuring)
    let_go: Callable[[], None] = lambda: None
    again: Callable[[], Settings] | None = None
    steering: Steering = field(init=False)
    bell: Bell = field(init=False)

    def __post_init__(self) -> None:
        """What is told to runs goes through one place, and whoever watches them hears of it from one."""
        object.__setattr__(self, "bell", Bell(self.office.store))
        steering = Steering(self.office, self.attendance, Overviews(self.office.store))
        object.__setattr__(self, "steering", steering)

    def fresh_settings(self) -> Settings:
        """The settings as they are in the files at this moment; journal and state stay where the server has them.

        Raises UsageError (config.*) where somebody is just writing them, or has made a mistake.
        """
        if self.again is None:
            return self.settings
        kept = self.settings
        return replace(self.again(), state_dir=kept.state_dir, database_url=kept.database_url, serve=kept.serve)

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
    return House(
        office=office,
        settings=settings,
        keys=SqlKeys(engine),
        library=SqlLibrary(engine),
        receipts=SqlReceipts(engine),
        outbox=SqlOutbox(engine),
        attendance=Attendance(office, f"server on {socket.gethostname()}"),
        jobs=Threads(),
        let_go=engine.dispose,
        again=again,
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
