"""Machines of their own in network namespaces, each on a cable of its own to this one, which can be cut."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Cable:
    """A namespace, and the cable that leads to it. `here` is our address on it."""

    namespace: str
    link: str
    here: str
    there: str

    @property
    def inside(self) -> tuple[str, ...]:
        """What comes before a command that is to run in there."""
        return ("ip", "netns", "exec", self.namespace)

    def cut(self) -> None:
        _ip("link", "set", self.link, "down")

    def mend(self) -> None:
        _ip("link", "set", self.link, "up")

    def lose(self) -> None:
        """The machine goes, with everything that runs on it."""
        pids = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=False)
        for pid in pids.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", self.link], capture_output=True, check=False)


@contextmanager
def cables(number: int) -> Iterator[list[Cable]]:
    """So many machines."""
    own = os.getpid() % 10000
    made = [Cable(f"sl{own}-{n}", f"slv{own}-{n}", f"10.213.{n}.1", f"10.213.{n}.2") for n in range(1, number + 1)]
    try:
        for cable in made:
            _lay(cable)
        yield made
    finally:
        for cable in made:
            cable.lose()


def _lay(cable: Cable) -> None:
    _ip("netns", "add", cable.namespace)
    _ip("link", "add", cable.link, "type", "veth", "peer", "name", "eth0", "netns", cable.namespace)
    _ip("addr", "add", f"{cable.here}/30", "dev", cable.link)
    _ip("link", "set", cable.link, "up")
    for words in (
        ("addr", "add", f"{cable.there}/30", "dev", "eth0"),
        ("link", "set", "eth0", "up"),
        ("link", "set", "lo", "up"),
    ):
        _ip("-n", cable.namespace, *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
