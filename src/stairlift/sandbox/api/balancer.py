"""The load balancer before the APIs: whom it sends requests to, who has sessions, and what its runtime socket says.

It behaves as HAProxy 2.6 does: a server in `drain` keeps its sessions and gets no new ones, one in `maint` gets nothing
and is not checked, and one that comes back from `maint` counts as up until a check says otherwise.
tests/real/test_sandbox_balancer.py puts a real HAProxy through the same.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from stairlift.sandbox.api.doors import Door
from stairlift.sandbox.binaries import APIS
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

_LOOPBACK = "127.0.0.1"
STATES = ("ready", "drain", "maint")
#: The columns of `show stat` that say something here, in HAProxy's order (management guide, 9.1).
_COLUMNS = "pxname,svname,qcur,scur,stot,status,weight,act,bck,type,check_status,addr,mode"
#: The same of `show servers state` (9.3.11), with the bits of srv_admin_state that commands set.
_TOLD_COLUMNS = "be_id be_name srv_id srv_name srv_addr srv_admin_state srv_check_state srv_port"
_ADMIN = {"ready": 0, "drain": 8, "maint": 1}


class Balancer:
    """Round robin over the processes of an API that are up and ready. Used by one thread, the server's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._states: dict[Key, str] = {}
        self._readied: dict[Key, float] = {}
        self._turns: Counter[str] = Counter()
        self._sessions: Counter[Key] = Counter()
        self._total: Counter[Key] = Counter()
        #: Sessions that clients keep open without asking anything: how many, and until when.
        self._held: dict[Key, tuple[int, float]] = {}

    def pick(self, api: str, now: float) -> Key | None:
        """Whose turn it is to answer; None if nobody is left. It need not be up: see `Timing.notice`."""
        keys = [key for binary in APIS[api] for key in self._world.places(binary)]
        open_to_all = [key for key in keys if self.state(key) == "ready" and self._seems_up(key, now)]
        if not open_to_all:
            return None
        self._turns[api] += 1
        return open_to_all[(self._turns[api] - 1) % len(open_to_all)]

    def _seems_up(self, key: Key, now: float) -> bool:
        """Whether the checks say that it is up; they notice a process that has gone a little later."""
        if key in self._world.running(key[1], now):
            return True
        lately = max(self._world.ended.get(key, 0.0), self._readied.get(key, 0.0))
        return now < lately + self._world.scenario.timing.notice

    def state(self, key: Key) -> str:
        """What an operator wants of a server."""
        return self._states.get(key, "ready")

    @contextmanager
    def session(self, key: Key) -> Iterator[None]:
        """A request on its way to that server and back."""
        self._sessions[key] += 1
        self._total[key] += 1
        try:
            yield
        finally:
            self._sessions[key] -= 1

    def hold(self, key: Key, count: int, until: float) -> None:
        """Let so many sessions stay open at a server until then."""
        self._held[key] = (count, until)

    def sessions(self, key: Key, now: float) -> int:
        """How many sessions a server has."""
        count, until = self._held.get(key, (0, 0.0))
        return self._sessions[key] + (count if now < until else 0)

    def answer(self, line: str, doors: Mapping[int, Door], now: float) -> str:
        """What the runtime socket answers to a line, in which commands are separated by semicolons."""
        return "".join(self._command(command.split(), doors, now) + "\n" for command in line.strip().split(";"))

    def _command(self, words: list[str], doors: Mapping[int, Door], now: float) -> str:
        match words:
            case ["show", *what] if (shown := self._shown(what, doors, now)) is not None:
                return shown
            case ["set", "server", name, "state", state] if state in STATES:
                return self._set(name, state, doors, now)
            case ["set", "server", _, "state", *_]:
                return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"
            case ["shutdown", "sessions", "server", name]:
                return self._shut(name, doors)
            case _:
                return f"Unknown command: '{' '.join(words)}', but maybe one of the following ones is a better match:\n"

    def _shown(self, what: list[str], doors: Mapping[int, Door], now: float) -> str | None:
        match what:
            case ["stat", *_]:
                return self.statistics(doors, now)
            case ["servers", "state", *_]:
                return self.told(doors)
            case ["info", *_]:
                return "Name: HAProxy\nVersion: 2.6.12\nUptime_sec: 2592000\n"
            case _:
                return None

    def _found(self, name: str, doors: Mapping[int, Door]) -> Key | str:
        section, slash, server = name.partition("/")
        if not slash:
            return "Require 'backend/server'.\n"
        sections = {_section(door): door.key[1] for door in doors.values()}
        if section not in sections:
            return "No such backend.\n"
        key = (server, sections[section])
        return key if any(door.key == key for door in doors.values()) else "No such server.\n"

    def _set(self, name: str, state: str, doors: Mapping[int, Door], now: float) -> str:
        key = self._found(name, doors)
        if isinstance(key, str):
            return key
        if state == "ready" and self.state(key) == "maint":
            self._readied[key] = now
        self._states[key] = state
        return ""

    def _shut(self, name: str, doors: Mapping[int, Door]) -> str:
        key = self._found(name, doors)
        if isinstance(key, str):
            return key
        self._held.pop(key, None)
        return ""

    def statistics(self, doors: Mapping[int, Door], now: float) -> str:
        """What `show stat` says of the servers that have an address: each section with its own two rows around them."""
        return "\n".join((f"# {_COLUMNS},", *self._rows(doors, now), "")) + "\n"

    def told(self, doors: Mapping[int, Door]) -> str:
        """What `show servers state` says, as far as it has columns here: what each server is told to be."""
        rows = [
            f"{number} {_section(door)} {number} {door.key[0]} {_LOOPBACK} {_ADMIN[self.state(door.key)]} 6 {port}"
            for number, (port, door) in enumerate(doors.items(), 1)
        ]
        return "\n".join(("1", f"# {_TOLD_COLUMNS}", *rows, "")) + "\n"

    def _rows(self, doors: Mapping[int, Door], now: float) -> Iterator[str]:
        for section in dict.fromkeys(map(_section, doors.values())):
            servers = {port: door.key for port, door in doors.items() if _section(door) == section}
            open_to_all = any(self._status(key, now)[0] == "UP" for key in servers.values())
            yield f"{section},FRONTEND,,{len(servers)},0,OPEN,,,,0,,,http,"
            for port, key in servers.items():
                status, check = self._status(key, now)
                counts = f"0,{self.sessions(key, now)},{self._total[key]}"
                yield f"{section},{key[0]},{counts},{status},1,1,0,2,{check},{_LOOPBACK}:{port},http,"
            yield f"{section},BACKEND,0,0,0,{'UP' if open_to_all else 'DOWN'},1,1,0,1,,,http,"

    def _status(self, key: Key, now: float) -> tuple[str, str]:
        state = self.state(key)
        if state == "maint":
            return "MAINT", ""
        if not self._seems_up(key, now):
            return "DOWN", "L4CON"
        return ("DRAIN" if state == "drain" else "UP"), "L7OK"


def _section(door: Door) -> str:
    return door.key[1].replace("-", "_")
