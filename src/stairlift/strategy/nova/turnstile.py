"""How many servers of a cloud move at a time, whoever moves them: counted in Nova, one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stairlift.strategy.nova.desk import Desk


@dataclass(frozen=True, slots=True)
class Turnstile:
    """Lets a drain begin a migration. The file's lock ends with its process, also one that is killed.

    Nova's own count is the truth, so that drains on other machines and people's own migrations count, too; between
    machines two may begin at the same instant.
    """

    file: str
    most: int
    desk: Desk

    @contextmanager
    def passed(self) -> Iterator[bool]:
        """Whether another migration may begin now; as long as this lasts, no other drain here begins one."""
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield self._alone(descriptor) and self.desk.under_way() < self.most
        finally:
            os.close(descriptor)

    @staticmethod
    def _alone(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
