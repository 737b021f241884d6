"""What an upgrade needs of every machine: its operating system, room on its disks, the time, and no load."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import every_host, hosts_of, survey_of_hosts
from stairlift.check.hosts.reading import Survey
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.knowledge.platforms import platform
from stairlift.model.check import Question, Scene
from stairlift.model.finding import Finding


def _of_the_cloud(scene: Scene) -> Mapping[str, Question]:
    known = platform(scene.target) is not None
    return survey_of_hosts(sorted({service.host for service in scene.cloud.services}) if known else ())


def _runtimes(about: About, seen: Survey) -> Told:
    """The last release of a way counts: an operating system is upgraded in a run of its own."""
    target, os = about.scene.target, seen.pairs("os")
    needed = platform(target)
    name, version = os.get("ID", ""), os.get("VERSION_ID", "")
    python = re.search(r"3\.(\d+)", seen.first("python"))
    if needed is None or not name or python is None:
        raise Unanswered("it does not say what it runs")
    tested = [v for n, v in needed.distributions if n == name]
    if tested and version not in tested:
        message = f"{about.subject} runs {name} {version}; {target} was tested on {name} {', '.join(tested)}"
        yield about.found(message, "upgrade the operating system first, in a run of its own")
    least, most = needed.python
    if not least <= int(python[1]) <= most and not _in_images(about):
        message = f"{about.subject} has Python 3.{python[1]}; {target} was tested with 3.{least} to 3.{most}"
        yield about.found(message, "give it the right Python, or use environments or images that bring their own")
    yield f"{name} {version}, Python 3.{python[1]}"


def _in_images(about: About) -> bool:
    """Whether all services of the host come with a Python of their own."""
    here = [service for service in about.scene.cloud.services if service.host == about.subject]
    return bool(here) and all(service.version_from == "image" for service in here)


def _hypervisors(scene: Scene) -> Mapping[str, Question]:
    return survey_of_hosts(hosts_of(scene, "nova-compute") if platform(scene.target) else ())


def _floors(about: About, seen: Survey) -> Told:
    """A host without libvirt has another driver."""
    needed = platform(about.scene.target)
    floors = {"libvirt": needed.libvirt, "qemu": needed.qemu} if needed else {}
    for name, floor in floors.items():
        told = re.search(r"(\d+(?:\.\d+)+)", seen.first(name))
        if told is None:
            yield f"no {name}"
        elif _numbers(told[1]) < _numbers(floor):
            message = f"{about.subject} has {name} {told[1]}; the target's nova-compute needs {floor}"
            yield about.found(message, "upgrade the operating system, or its virtualisation packages, first")
        else:
            yield f"{name} {told[1]}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _every(scene: Scene) -> Mapping[str, Question]:
    return survey_of_hosts(every_host(scene))


def _disks(about: About, seen: Survey) -> Told:
    """Each file system once, whatever lies on it; beside a database as much as it may grow."""
    rows = dict(_file_systems(seen.lines("disk")))
    if not rows:
        raise Unanswered("df says nothing")
    least_mb, percent = about.rule.limit("free_megabytes"), about.rule.limit("free_percent")
    for mount, (total, free) in rows.items():
        if free < least_mb << 10 or (free * 100 < total * percent and free < _PLENTY):
            yield _full(about, mount, f"{_gib(free)} of {_gib(total)} free")
    for mount, (total, free) in _file_systems(seen.lines("inodes")):
        if total and free * 100 < total * about.rule.limit("free_inodes_percent"):
            yield _full(about, mount, f"{free} of {total} inodes free")
    for size, mount in _databases(seen, rows):
        if rows[mount][1] < size * about.rule.limit("database_times"):
            yield _full(about, mount, f"{_gib(rows[mount][1])} free beside a database of {_gib(size)}")
    mount, (_, free) = min(rows.items(), key=lambda row: row[1][1])
    yield f"least free {_gib(free)} on {mount}"


#: KiB; a tenth of a very large file system is more than any upgrade writes.
_PLENTY = 50 << 20


def _databases(seen: Survey, rows: Mapping[str, tuple[int, int]]) -> Iterator[tuple[int, str]]:
    for line in seen.lines("database-size"):
        size, _, folder = line.partition("\t")
        mount = max((m for m in rows if f"{folder}/".startswith(f"{m.rstrip('/')}/")), key=len, default="")
        if mount and size.isdecimal():
            yield int(size), mount


def _full(about: About, mount: str, told: str) -> Finding:
    subject = f"{about.subject}:{mount}"
    return about.found(f"{mount} of {about.subject} has {told}", "make room there before you begin", subject=subject)


def _gib(kib: int) -> str:
    return f"{kib / 2**20:.1f} GiB"


def _file_systems(lines: Iterable[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Mount points with total and free, as `df -P` has them."""
    for line in lines:
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[1].isdecimal() and fields[3].isdecimal():
            yield fields[5], (int(fields[1]), int(fields[3]))


def _clock(about: About, seen: Survey) -> Told:
    """What chrony says of itself; without it, how far the host's clock is from ours."""
    tracked = seen.first("chrony").split(",")
    chrony = len(tracked) > 13
    off = abs(float(tracked[4])) if chrony else _measured(seen)
    by = "chrony" if chrony else "this machine's clock"
    if chrony and tracked[13] == "Not synchronised":
        yield about.found(f"chrony of {about.subject} is not synchronised", "mend its time sources first")
    if off > about.rule.limit("seconds"):
        message = f"the clock of {about.subject} is {off:.1f} s off, by {by}"
        yield about.found(message, "synchronise it: heartbeats are compared by clocks, so what runs there looks dead")
    yield f"{off:.1f} s off by {by}"


def _measured(seen: Survey) -> float:
    """How far its clock is from ours at least: it was read at some time while we waited."""
    asked, told = seen.reply.asked_at, seen.first("clock")
    if asked is None or not told:
        raise Unanswered("neither chrony nor its clock tells how far it is off")
    begun = asked.timestamp()
    return max(begun - float(told), float(told) - begun - seen.reply.seconds, 0.0)


def _controls(scene: Scene) -> Mapping[str, Question]:
    return survey_of_hosts(sorted({s.host for s in scene.cloud.services if s.plane == "control"}))


def _load(about: About, seen: Survey) -> Told:
    """The load of the last five minutes."""
    try:
        load, cores = float(seen.first("load").split()[1]), int(seen.first("cores"))
    except (IndexError, ValueError):
        raise Unanswered("it does not tell its load") from None
    if load * 100 > cores * about.rule.limit("load_percent_of_cores"):
        yield about.found(f"{about.subject} has a load of {load:g} on {cores} cores", "wait for a quieter hour")
    yield f"load {load:g} on {cores} cores"


OPERATING_SYSTEMS = partial(ShellCheck, "os.unsupported", _of_the_cloud, by_sections(_runtimes))
LIBVIRT = partial(ShellCheck, "libvirt.floor", _hypervisors, by_sections(_floors))
DISKS = partial(ShellCheck, "disk.full", _every, by_sections(_disks))
CLOCKS = partial(ShellCheck, "clock.skew", _every, by_sections(_clock))
LOAD = partial(ShellCheck, "load.busy", _controls, by_sections(_load))
