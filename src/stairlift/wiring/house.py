"""What a server works with: the journal and the attempts, what it keeps beside them, and who carries runs out."""

from dataclasses import dataclass

from stairlift.ports import Keys, Library, Receipts
from stairlift.wiring.attendance import Attendance
from stairlift.wiring.jobs import Jobs
from stairlift.wiring.office import Office
from stairlift.wiring.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """Everything that is behind the doors of a server. It is built once, and closed when the server ends."""

    office: Office
    settings: Settings
    keys: Keys
    library: Library
    receipts: Receipts
    attendance: Attendance
    jobs: Jobs
