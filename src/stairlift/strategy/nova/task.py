"""What a drain is told: which host, how carefully, where to go by preference; and the marks that it leaves."""

from dataclasses import dataclass
from hashlib import sha256

from stairlift.model.policy import Drain


@dataclass(frozen=True, slots=True)
class DrainTask:
    """One attempt at emptying `host`, by nova-compute's name for it, as those of `new`, which run the target already.

    `per_host` and `per_cloud` are how many servers may move at a time; `lock` is the file that drains of one machine
    share. `stop_tag` marks who is stopped for the host's sake. `deadline` is in seconds, None for none.
    """

    run: str
    step: str
    host: str
    policy: Drain
    per_host: int
    per_cloud: int
    lock: str
    stop_tag: str
    new: tuple[str, ...] = ()
    deadline: float | None = None

    @property
    def moved_tag(self) -> str:
        """Marks the servers whose migration is ours to confirm or take back, for whoever goes on after a crash."""
        return f"stairlift:moved={digest(self.run, self.host)}"


def stopped_tag(host: str) -> str:
    """Marks the servers that were stopped for a host's sake and are to be started again."""
    return f"stairlift:stopped={digest(host)}"


def digest(*parts: str) -> str:
    """Short enough for a tag, which has 60 characters at most."""
    return sha256("/".join(parts).encode()).hexdigest()[:16]
