"""The simulated cloud: programs that run, report, stop and are upgraded, and the databases they work on.

Every method takes the time; nothing here looks at a clock or listens to anybody.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from stairlift.model.release import Release
from stairlift.sandbox.binaries import Kind
from stairlift.sandbox.scenario import HostSpec, Scenario
from stairlift.sandbox.world.databases import Database
from stairlift.sandbox.world.hearing import Hearing, Key
from stairlift.sandbox.world.life import Ailment, Life, Phase
from stairlift.sandbox.world.rules import Surroundings, refusal

#: How long the programs of a new cloud have been running, so that nobody takes them for just started.
UPTIME = 30 * 24 * 3600.0

#: Spreads the reports of a new cloud over the interval, like programs that were started one after the other.
_GOLDEN = 0.6180339887498949


class NotThere(Exception):
    """There is no such host, program or database."""


class Refused(Exception):
    """The program does not start, or the database step does not run; the text says why."""


class Unreachable(Exception):
    """The machine is down, so nothing can be done on it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to the cloud. `subject` is a program, a host or the project of a database."""

    time: float
    action: str
    subject: str
    host: str | None = None
    release: Release | None = None


class World:
    """One cloud, made at the time `begin`; the times that its methods are given must not go back."""

    def __init__(self, scenario: Scenario, begin: float) -> None:
        self.scenario = scenario
        self.begin = begin
        self.hosts = {host.name: host for host in scenario.hosts}
        self.specs = {(host.name, spec.binary): spec for host in scenario.hosts for spec in host.programs}
        self.lives = {key: self._first_life(n, key) for n, key in enumerate(self.specs)}
        self.databases = dict(self._first_databases())
        self.events: list[Event] = []
        self.hearing = Hearing()
        #: Programs whose record an operator forced down: they count no longer for Nova's oldest compute.
        self.forced_down = {key for key, spec in self.specs.items() if spec.forced_down}
        #: Told the time before a process ends or begins, so that what was done until then is not mistaken.
        self.before_change: Callable[[float], None] = lambda _: None
        #: Machines whose disk is full, and the database steps that will fail, once each.
        self.full: set[str] = set()
        #: When the last process of a program ended.
        self.ended: dict[Key, float] = {}
        self.failing: list[tuple[str, str]] = []
        self._dead: dict[str, tuple[Key, ...]] = {}
        self._places: dict[str, list[Key]] = defaultdict(list)
        self._ailments: dict[Key, list[Ailment]] = defaultdict(list)
        for key, life in self.lives.items():
            self._places[key[1]].append(key)
            if life.up_from is not None:
                self.hearing.joined(key, life.release)

    def _first_life(self, number: int, key: Key) -> Life:
        spec = self.specs[key]
        release = self.scenario.release_of(self.hosts[key[0]], spec)
        life = Life(release, self.scenario.interval_of(spec))
        if spec.runs:
            return replace(life, up_from=self.begin - UPTIME - (number * _GOLDEN % 1) * life.interval)
        if spec.silent_for is None:
            return life
        return replace(life, reported=self.begin - spec.silent_for, recorded=release)

    def _first_databases(self) -> Iterator[tuple[str, Database]]:
        at = self.scenario.release
        for project in sorted({spec.kind.project for spec in self.specs.values() if spec.kind.database}):
            yield project, self.scenario.databases.get(project, Database(at, at, at))

    def kind(self, key: Key) -> Kind:
        """What the program is."""
        return self.specs[key].kind

    def host(self, name: str) -> HostSpec:
        """The host of this name; NotThere."""
        if name not in self.hosts:
            raise NotThere(f"there is no host {name}")
        return self.hosts[name]

    def life(self, key: Key) -> Life:
        """The life of a program; NotThere."""
        self.host(key[0])
        if key not in self.lives:
            raise NotThere(f"there is no {key[1]} on {key[0]}")
        return self.lives[key]

    def is_dead(self, host: str) -> bool:
        """Whether the machine is without power."""
        return host in self._dead

    def places(self, binary: str) -> tuple[Key, ...]:
        """Where a program is installed, in the scenario's order."""
        return tuple(self._places.get(binary, ()))

    def running(self, binary: str, now: float) -> tuple[Key, ...]:
        """Where a program runs at this moment, in the scenario's order."""
        return tuple(key for key in self.places(binary) if self.lives[key].phase(now) is Phase.RUNNING)

    def reports(self, keys: Iterable[Key], now: float) -> Iterator[float | None]:
        """When the registry last heard of each program; None where it does not know it."""
        return self.hearing.reports(((key, self.lives[key]) for key in keys), now)

    def stop(self, key: Key, now: float) -> None:
        """End the process, if there is one; NotThere."""
        self.life(key)
        self._end(key, now)
        self._note(now, "stop", key)

    def start(self, key: Key, now: float) -> float:
        """Start a process where none runs, and say when it will be up; NotThere, Refused, Unreachable."""
        life = self.life(key)
        if life.up_from is not None and life.phase(now) is not Phase.STOPPED:
            return life.up_from
        return self._begin(key, now, life.release, "start")

    def restart(self, key: Key, now: float) -> float:
        """End the process and start another, and say when it will be up; NotThere, Refused, Unreachable."""
        return self._begin(key, now, self.life(key).release, "restart")

    def upgrade(self, key: Key, now: float, to: Release) -> float | None:
        """Replace the process by one of this release and say when it will be up; None where one runs already.

        NotThere, Refused, Unreachable. What is refused changes nothing.
        """
        life = self.life(key)
        if life.release == to and life.phase(now) is not Phase.STOPPED:
            return None
        return self._begin(key, now, to, "upgrade")

    def change_database(self, project: str, step: str, to: Release, now: float) -> Database:
        """Expand, migrate or contract a project's database; NotThere, Refused."""
        if project not in self.databases:
            raise NotThere(f"there is no database of {project}")
        if (project, step) in self.failing:
            self.failing.remove((project, step))
            raise Refused(f"{step} of {project} failed: Lost connection to MySQL server during query")
        database = self.databases[project]
        if step == "contract":
            outcome = database.contract(project, to, self._open(project, now))
        else:
            outcome = database.expand(project, to) if step == "expand" else database.migrate(project, to)
        if isinstance(outcome, str):
            raise Refused(outcome)
        self.databases[project] = outcome
        self.events.append(Event(now, f"db-{step}", project, release=to))
        return outcome

    def kill_host(self, name: str, now: float) -> None:
        """Cut a machine's power, if it has any; NotThere."""
        if self.is_dead(name):
            return
        keys = tuple((name, spec.binary) for spec in self.host(name).programs)
        self._dead[name] = tuple(key for key in keys if self.lives[key].phase(now) is not Phase.STOPPED)
        for key in keys:
            self._end(key, now)
        self.events.append(Event(now, "host-dies", name, name))

    def revive_host(self, name: str, now: float) -> None:
        """Switch a machine on again: what ran on it when it died comes up, unless something refuses."""
        for key in self._dead.pop(name, ()):
            try:
                self._begin(key, now, self.lives[key].release, "start")
            except Refused as refused:
                self._note(now, f"start refused: {refused}", key)

    def afflict(self, key: Key, ailment: Ailment, times: int) -> None:
        """Let the next processes of a program be ill; NotThere."""
        self.life(key)
        self._ailments[key].extend([ailment] * times)

    def heal(self, key: Key) -> None:
        """Let the next processes of a program be well."""
        self._ailments.pop(key, None)

    def forget(self, key: Key) -> None:
        """Delete the registry's record of a program; a process that runs will register again."""
        self.lives[key] = self.lives[key].forgotten()

    def _open(self, project: str, now: float) -> Iterator[tuple[str, Release]]:
        """The processes that have the project's database open."""
        for key, life in self.lives.items():
            kind = self.kind(key)
            if kind.project == project and kind.database and life.phase(now) is not Phase.STOPPED:
                yield f"{key[1]} on {key[0]}", life.release

    def _begin(self, key: Key, now: float, release: Release, action: str) -> float:
        if self.is_dead(key[0]):
            raise Unreachable(f"{key[0]} is down")
        if key[0] in self.full and action == "upgrade":
            raise Refused(f"{key[0]}: No space left on device")
        if reason := refusal(key[1], release, self._surroundings(key, now)):
            raise Refused(reason)
        timing = self.scenario.timing
        stop = 0.0 if self.lives[key].phase(now) is Phase.STOPPED else timing.stop
        self._end(key, now)
        ready = now + stop + timing.start_of(key[1])
        ailment = self._ailments[key].pop(0) if self._ailments.get(key) else None
        self.lives[key] = self.lives[key].started(ready, release, ailment)
        if ailment is None:
            self.hearing.joined(key, release, ready)
        self._note(now, action, key, release)
        return ready

    def _end(self, key: Key, now: float) -> None:
        self.before_change(now)
        if self.lives[key].up_from is not None:
            self.ended[key] = now
            self.lives[key] = self.lives[key].stopped(next(self.reports((key,), now)))
            self.hearing.left(key, now)

    def _surroundings(self, key: Key, now: float) -> Surroundings:
        kind = self.kind(key)
        return Surroundings(
            database=self.databases.get(kind.project) if kind.database else None,
            same_binary=self._on_record(key[1], now),
            computes=self._on_record("nova-compute", now),
            keystone=not self.places("keystone") or bool(self.running("keystone", now)),
        )

    def _on_record(self, binary: str, now: float) -> frozenset[Release]:
        """The releases that the registry holds for a program, but for records that were forced down."""
        keys = [key for key in self.places(binary) if key not in self.forced_down]
        held = zip(keys, self.reports(keys, now), strict=True)
        releases = (self.lives[key].on_record(reported) for key, reported in held)
        return frozenset(release for release in releases if release is not None)

    def _note(self, now: float, action: str, key: Key, release: Release | None = None) -> None:
        self.events.append(Event(now, action, key[1], key[0], release))
