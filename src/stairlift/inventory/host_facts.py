"""What one host's answer means: each program of the cloud once for whatever keeps it running, with its version.

The code that runs comes from the memory maps of the process and not from what lies on the disk today. It is taken for
unknown where its files were written after the process had started, or are gone: `stale`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from stairlift.inventory.host_programs import api_of, image_of, named, program_of, serves_apis
from stairlift.inventory.host_script import distributions
from stairlift.inventory.host_view import Container, Copy, Keeper, Process, View
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.versions import numbers, releases_of_version
from stairlift.model.observation import Duty, DutyRecord, Fact, HostRecord, ProcessRecord, VersionRecord

Evidence = Literal["process", "image", "venv", "package"]
#: Start times come from the kernel's ticks, times of files from the clock.
_SLACK = timedelta(seconds=2)
#: Packages of programs that are not in Python, by binary; the first that is installed counts.
_PACKAGES = {
    "haproxy": ("haproxy",),
    "keepalived": ("keepalived",),
    "mariadb": ("mariadb-server", "mariadb-server-core"),
    "memcached": ("memcached",),
    "openvswitch": ("openvswitch-switch", "openvswitch"),
    "ovn-controller": ("ovn-host", "ovn-common", "ovn"),
    "ovn-nb-db": ("ovn-central", "ovn-common", "ovn"),
    "ovn-northd": ("ovn-central", "ovn-common", "ovn"),
    "ovn-sb-db": ("ovn-central", "ovn-common", "ovn"),
    "proxysql": ("proxysql",),
    "rabbitmq": ("rabbitmq-server",),
}


@dataclass(frozen=True, slots=True)
class _Code:
    """What a program runs, as far as it can be known, and what it would run after a restart."""

    version: str | None = None
    evidence: Evidence | None = None
    installed: str | None = None
    stale: bool = False


#: A program and what keeps it running.
_What = tuple[str, Keeper]


def facts(host: str, address: str | None, rows: Sequence[Sequence[str]]) -> tuple[Fact, ...]:
    """The facts of one host. Raises what wrong shapes raise."""
    view = View(rows)
    found = sorted(set(_records(host, view)), key=repr)
    versions = {
        VersionRecord(one.binary, host, one.version, one.evidence)
        for one in found
        if one.version and one.state == "up" and _in_a_release(one.binary)
    }
    record = HostRecord(host, view.names, address, partial=not view.root)
    return (record, *found, *sorted(versions, key=repr), *_duties(host, view))


def _duties(host: str, view: View) -> Iterator[DutyRecord]:
    known: Mapping[str, Duty] = {duty: duty for duty in get_args(Duty)}
    return (DutyRecord(name, host, known[duty]) for name, duty in sorted(set(view.duties)) if duty in known)


def _in_a_release(name: str) -> bool:
    known = binary(name)
    return known is not None and known.plane != "infra"


def _records(host: str, view: View) -> Iterator[ProcessRecord]:
    seen: dict[_What, list[Process]] = defaultdict(list)
    for process in view.processes.values():
        keeper = view.keeper(process)
        for name in _programs(view, process, keeper):
            seen[name, keeper].append(process)
    for (name, keeper), processes in _without_strays(seen):
        yield _running(host, view, (name, keeper), processes)
    yield from _silent(host, view, {(keeper.manager, keeper.unit) for _, keeper in seen})


def _programs(view: View, process: Process, keeper: Keeper) -> Iterable[str]:
    """The programs that a process is: a server of WSGI applications may be several."""
    if not serves_apis(process.words):
        name = program_of(process.words)
        return (name,) if name else ()
    words = (word for word in process.words[1:] if "wsgi" in word and not word.endswith("/uwsgi"))
    served = {api for text in (*view.modules(process), *words) if (api := api_of(text))}
    called = named(keeper.unit) or next((name for word in process.words[:2] if (name := named(word))), None)
    return sorted(served) or ((called,) if called else ())


def _without_strays(seen: Mapping[_What, list[Process]]) -> Iterator[tuple[_What, list[Process]]]:
    """A process that nothing is known to keep counts only where nothing else keeps the same program."""
    kept = {name for name, keeper in seen if keeper.manager != "process"}
    for (name, keeper), processes in seen.items():
        if keeper.manager != "process" or name not in kept:
            yield (name, keeper), processes


def _running(host: str, view: View, what: _What, processes: Sequence[Process]) -> ProcessRecord:
    name, keeper = what
    codes = [_code(view, name, process) for process in processes]
    starts = [process.started_at for process in processes if process.started_at]
    code = _oldest(codes)
    if not code.version and not code.stale:
        code = _by_image(view, name, keeper) or _by_package(view, name) or code
    unit = keeper.unit if keeper.manager != "process" else name
    return ProcessRecord(
        binary=name,
        host=host,
        manager=keeper.manager,
        unit=unit,
        state="up",
        version=code.version,
        evidence=code.evidence,
        installed=code.installed,
        started_at=min(starts, default=None),
        stale=code.stale,
    )


def _oldest(codes: Sequence[_Code]) -> _Code:
    """What counts of a program with several processes: one that is stale, else the one with the oldest code."""
    return min(codes, key=lambda code: (not code.stale, code.version is None, numbers(code.version or "") or (0, 0)))


def _code(view: View, name: str, process: Process) -> _Code:
    known = binary(name)
    names = distributions(known.project) if known else ()
    running, gone = view.runs(process, names)
    would = view.starts(process, names)
    installed = would[0].version if would else None
    if running:
        oldest = min(running, key=lambda copy: numbers(copy.version) or (0, 0))
        if gone or _later(oldest, process.started_at):
            return _Code(installed=installed or oldest.version, stale=True)
        return _Code(oldest.version, "process", installed or oldest.version)
    if gone:
        return _Code(installed=installed, stale=True)
    return _on_disk(would, process.started_at)


def _on_disk(would: Sequence[Copy], started_at: datetime | None) -> _Code:
    """What is installed where the process was started from, if it was there already; nobody saw what it loaded."""
    if not would:
        return _Code()
    if _later(would[0], started_at):
        return _Code(installed=would[0].version, stale=True)
    kind: Evidence = "package" if would[0].place.startswith("/usr/lib") else "venv"
    return _Code(would[0].version, kind, would[0].version)


def _later(copy: Copy, started_at: datetime | None) -> bool:
    return started_at is not None and copy.installed_at > started_at + _SLACK


def _by_image(view: View, name: str, keeper: Keeper) -> _Code | None:
    """By the tag of its container's image, where that names a version or a series."""
    container = next((c for c in view.containers.values() if (c.engine, c.name) == (keeper.manager, keeper.unit)), None)
    version = _tag(container, name) if container else None
    return _Code(version, "image", version) if version else None


def _tag(container: Container, name: str) -> str | None:
    """The tag of an image, if it tells a release of the program's project; "latest" and the operator's own do not."""
    _, tag = image_of(container.image)
    known = binary(name)
    return tag if known and releases_of_version(known.project, tag) else None


def _by_package(view: View, name: str) -> _Code | None:
    packages = (view.packages.get(package) for package in _PACKAGES.get(name, ()))
    version = next((version for version in packages if version), None)
    return _Code(version, "package", version) if version else None


def _silent(host: str, view: View, seen: set[tuple[str, str]]) -> Iterator[ProcessRecord]:
    """What something should keep running, and of which no process was seen."""
    for unit, (state, _) in view.programs.items():
        if state not in {"RUNNING", "STARTING"} and (name := named(unit)) and ("supervisor", unit) not in seen:
            yield ProcessRecord(name, host, "supervisor", unit, "down")
    for one in view.units.values():
        if one.missing and (name := _of_unit(one.name, one.command)) and ("systemd", one.name) not in seen:
            yield ProcessRecord(name, host, "systemd", one.name, "down")
    for container in view.containers.values():
        name = named(container.name) or named(image_of(container.image)[0])
        if name and (container.engine, container.name) not in seen:
            yield _contained(host, container, name)


def _contained(host: str, container: Container, name: str) -> ProcessRecord:
    """A container whose processes are not to be seen from its host."""
    tag = _tag(container, name)
    down = ProcessRecord(name, host, container.engine, container.name, "down", installed=tag)
    return replace(down, state="up", version=tag, evidence="image" if tag else None) if container.up else down


def _of_unit(name: str, command: str) -> str | None:
    return named(name) or program_of(command.split())
