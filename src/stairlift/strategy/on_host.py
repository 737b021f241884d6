"""A command as a host runs it for a step: under a lock, from a folder, ended with the connection that brought it."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: What the script leaves with where another command holds the lock (EX_TEMPFAIL of sysexits.h).
LOCK_HELD = 75
#: The section of its output in which it says, by the host's clock, when the command was about to start.
BEGUN = "begun"
#: The section in which it says with which status the command ended; without it, an exit status is ssh's.
ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Guard:
    """How a host runs a command. Two of one `lock` never run at a time there; `wait` is in seconds.

    Needed because ssh's hang-up reaches only the foreground processes of its terminal, while Puppet and others put
    what they start into sessions of their own (SEEN with puppet 7.23: apt-get and db_sync went on).
    """

    lock: str = "-"
    wait: int = 0
    folder: str = "-"

    def words(self, *command: str) -> tuple[str, ...]:
        """The words to run on the host; its login shell must be a POSIX one."""
        return ("sh", "-c", script("on_host.sh"), "stairlift", self.lock, str(self.wait), self.folder, *command)


@cache
def script(name: str, package: str = "stairlift.strategy") -> str:
    """A shell script that is shipped with a package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
