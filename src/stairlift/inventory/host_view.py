"""The lines of one host's answer as things that can be looked up: processes, who keeps them, and the code they run."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Manager = Literal["systemd", "supervisor", "docker", "podman", "lxc", "process"]
Row = Sequence[str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CONTAINER = re.compile(r"(?:docker|libpod)(?:-payload)?[-/]([0-9a-f]{12,64})")
_LXC = re.compile(r"/lxc(?:\.payload[./]|/)([^/]+)")
_UNIT = re.compile(r"/([^/]+\.service)(?:/|$)")
_DISTRIBUTION = re.compile(r"(.+?)-(\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info")
#: Container engines and managers of systemd are services themselves, and keep no program of the cloud.
_NO_KEEPERS = re.compile(r"(?:docker|containerd|podman|conmon|supervisord?|ssh|sshd|user@.*|lxc.*)\.service")


@dataclass(frozen=True, slots=True)
class Keeper:
    """What keeps a program running, and what it calls it there."""

    manager: Manager
    unit: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it was seen; `group` is its control group."""

    pid: str
    parent: str
    started_at: datetime | None
    group: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """A container of docker or podman, running or not."""

    engine: Literal["docker", "podman"]
    name: str
    image: str
    up: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A project's code as it lies in a folder of Python modules."""

    place: str
    version: str
    installed_at: datetime


class View:
    """One host. Raises what wrong shapes raise: TypeError, ValueError."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if not isinstance(row, list) or not all(isinstance(field, str) for field in row):
                raise TypeError("a row is no list of texts")
            self._rows[row[0]].append(row[1:])
        self.processes = {process.pid: process for process in map(self._process, self._rows["process"])}
        self.containers = {row[1]: container for row in self._rows["container"] if (container := _container(row))}
        self.programs = {row[0]: (row[1], row[2]) for row in self._rows["program"]}
        self.units = {row[0]: Unit(*row) for row in self._rows["unit"]}
        self.packages = {name: version for name, version, _ in self._rows["package"]}
        self._by_pid = {pid: name for name, (_, pid) in self.programs.items() if pid}
        self._copies = dict(self._found())

    @property
    def names(self) -> tuple[str, ...]:
        """What it calls itself, and what its services report as; each once."""
        given = (row[0].strip() for kind in ("host", "name") for row in self._rows[kind])
        return tuple(dict.fromkeys(name for name in given if name and not name.startswith("localhost")))

    @property
    def duties(self) -> tuple[tuple[str, str], ...]:
        """Binaries that have a part among their like, with that part; two fields."""
        return tuple((row[0], row[1]) for row in self._rows["duty"])

    @property
    def root(self) -> bool:
        """Whether whoever looked was root, and so saw the files of every process."""
        return ["0"] in [list(row) for row in self._rows["user"]]

    def _process(self, row: Row) -> Process:
        pid, parent, ticks, group, command = row
        return Process(pid, parent, self._started(ticks), group, tuple(command.split()))

    def _started(self, ticks: str) -> datetime | None:
        if not self._rows["time"] or not ticks:
            return None
        _, boot, each_second = self._rows["time"][0]
        return _EPOCH + timedelta(seconds=int(boot) + int(ticks) / max(int(each_second), 1))

    def line(self, process: Process) -> Iterator[Process]:
        """A process and its ancestors, as far as they were seen."""
        seen: set[str] = set()
        while process.pid not in seen:
            seen.add(process.pid)
            yield process
            process = self.processes.get(process.parent, process)

    def keeper(self, process: Process) -> Keeper:
        """What keeps it running: a supervisor's program, a container, a unit, or nothing that is known."""
        line = list(self.line(process))
        supervised = next((self._by_pid[p] for one in line for p in (one.pid, one.parent) if p in self._by_pid), None)
        if supervised:
            return Keeper("supervisor", supervised)
        if found := _CONTAINER.search(process.group):
            return self._engine(found[1])
        if found := _LXC.search(process.group):
            return Keeper("lxc", found[1])
        if (found := _UNIT.search(process.group)) and not _NO_KEEPERS.fullmatch(found[1]):
            return Keeper("systemd", found[1])
        return Keeper("process", line[-1].pid)

    def _engine(self, number: str) -> Keeper:
        known = next((c for full, c in self.containers.items() if full.startswith(number)), None)
        return Keeper(known.engine, known.name) if known else Keeper("docker", number[:12])

    def modules(self, process: Process) -> tuple[str, ...]:
        """The WSGI modules and scripts that it, or the server above it, serves."""
        return tuple(row[1] for one in self.line(process) for row in self._rows["wsgi"] if row[0] == one.pid)

    def runs(self, process: Process, names: Sequence[str]) -> tuple[tuple[Copy, ...], bool]:
        """The copies of a distribution that it has loaded from, and whether any of its files are gone."""
        rows = [row for row in self._rows["runs"] if row[0] == process.pid]
        return self._of(((row[1], row[2]) for row in rows), names), any(row[3] == "deleted" for row in rows)

    def starts(self, process: Process, names: Sequence[str]) -> tuple[Copy, ...]:
        """The copies that it would load after a restart."""
        rows = (row for row in self._rows["starts"] if row[0] == process.pid)
        return self._of(((row[1], row[2]) for row in rows), names)

    def _of(self, places: Iterator[tuple[str, str]], names: Sequence[str]) -> tuple[Copy, ...]:
        keys = ((*place, name) for place in places for name in names)
        return tuple(self._copies[key] for key in keys if key in self._copies)

    def _found(self) -> Iterator[tuple[tuple[str, str, str], Copy]]:
        times = {name: time for name, _, time in self._rows["package"]}
        for space, place, folder, modified in self._rows["dist"]:
            if named := _DISTRIBUTION.fullmatch(folder):
                name = named[1].lower().replace("-", "_")
                # a package keeps the time at which it was built
                packaged = times.get(f"python3-{name.replace('_', '-')}") if place.startswith("/usr/lib/") else None
                seconds = max(int(modified), int(packaged or 0))
                yield (space, place, name), Copy(place, named[2], _EPOCH + timedelta(seconds=seconds))


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of systemd that is called like a program of the cloud, in systemd's own words (systemctl(1))."""

    name: str
    active: str
    sub: str
    file: str
    pid: str
    command: str

    @property
    def missing(self) -> bool:
        """Whether it should run and does not. One that is off and was never switched on is no service."""
        return self.active == "failed" or self.sub == "auto-restart" or (self.active, self.file) == _OFF


_OFF = ("inactive", "enabled")


def _container(row: Row) -> Container | None:
    engine, _, name, image, state = row
    if engine not in {"docker", "podman"}:
        return None
    return Container("docker" if engine == "docker" else "podman", name.split(",")[0], image, state == "running")
