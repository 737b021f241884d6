"""Empties one host: looks, moves what can move, watches what moves, and ends with who is left and why.

It remembers nothing that cannot be seen: whoever begins anew after a crash adopts what is under way.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from stairlift.knowledge.draining import draining
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.workload import MigrationUnderWay, Server, ServerGroup
from stairlift.strategy.nova.choosing import Chooser
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.story import Left, Story
from stairlift.strategy.nova.task import DrainTask
from stairlift.strategy.nova.turnstile import Turnstile
from stairlift.strategy.nova.view import FINISHED, View, view

#: A server is sent off twice at most: once, and once more to another host.
TRIES = 2


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. `passing`: another attempt may succeed without anybody's help."""

    result: str
    reason: str = ""
    left: tuple[Left, ...] = ()
    stopped: int = 0
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, as `knowledge/draining.yaml` has them, and a clock that nobody sets."""

    look: float
    stalled_after: float
    no_room_for: float
    silent_for: float
    recorded_within: float
    settled_within: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def known(cls) -> "Pace":
        """The usual one."""
        timing = draining().timing
        return cls(**{name: float(seconds) for name, seconds in timing.items()})  # type: ignore[arg-type]


@dataclass
class _Try:
    """What was done for one server: the hosts that it was sent to, and how that ended."""

    hosts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    sent: bool = False


class DrainHost:
    """One attempt at a host. `carry_out` blocks until it ends."""

    def __init__(self, task: DrainTask, desk: Desk, story: Story, pace: Pace) -> None:
        self._task = task
        self._desk = desk
        self._story = story
        self._pace = pace
        self._began = self._heard = self._moved = pace.clock()
        self._chooser = Chooser(desk, task.host, task.new)
        self._turnstile = Turnstile(task.lock, task.per_cloud, desk)
        self._tries: dict[str, _Try] = {}
        self._least: dict[str, tuple[int, float]] = {}
        self._groups: dict[str, ServerGroup] = {}
        self._kind = ""

    def carry_out(self) -> Ending:
        """Until nobody is left who has to go, or nobody left can."""
        while True:
            try:
                ending = self._turn()
                self._heard = self._pace.clock()
            except SourceTrouble as trouble:
                ending = self._silent(trouble)
            if ending is not None:
                return ending
            self._pace.sleep(self._pace.look)

    def _silent(self, trouble: SourceTrouble) -> Ending | None:
        """An API that restarts is silent for a while; one that may not be asked never answers."""
        self._story.trouble(trouble.brief)
        if trouble.trouble is Trouble.DENIED:
            return Ending("failed", trouble.brief)
        if self._pace.clock() - self._heard > self._pace.silent_for or self._late():
            return Ending("failed", f"{self._task.host}: {trouble.brief}", passing=True)
        return None

    def _turn(self) -> Ending | None:
        if not self._groups and not self._kind:
            self._learn()
        seen = self._look()
        self._settle(seen)
        self._watch(seen)
        waiting = self._begin(seen)
        left = self._left(seen, waiting)
        self._story.tell(seen, left)
        return self._ended(seen, left)

    def _learn(self) -> None:
        """What does not change while one host is emptied."""
        self._groups = {member: group for group in self._desk.groups() for member in group.members}
        own = next((one for one in self._desk.computes() if one.name == self._task.host), None)
        self._kind = own.kind if own and own.kind else "unknown"

    def _look(self) -> View:
        host = self._task.host
        ours = self._desk.servers(tags=self._task.moved_tag) if self._desk.tags else ()
        return view(
            host,
            self._task.policy,
            self._desk.servers(host=host),
            self._desk.migrations(host),
            groups=self._groups,
            ours=ours,
            kind=self._kind,
        )

    # What moves

    def _settle(self, seen: View) -> None:
        """Keep the cold migrations that are ours, and no others; then the mark has done its duty."""
        for server in seen.ours:
            migration = seen.leaving.get(server.id)
            if server.vm_state == "resized" and migration and migration.status == FINISHED:
                self._desk.confirm(server.id)
                self._story.say(f"{server.name}: its cold migration to {server.host} is confirmed")
            elif (
                server.vm_state != "resized" and not server.task_state and migration is None and self._has_gone(server)
            ):
                self._desk.untag(server.id, self._task.moved_tag)

    def _has_gone(self, server: Server) -> bool:
        return server.host != self._task.host or server.id in self._tries

    def _watch(self, seen: View) -> None:
        """Take back live migrations that do not come nearer to their end; note those that came to a bad one."""
        for migration in seen.moving:
            if migration.kind == "live-migration":
                self._take_back_if_stalled(migration)
        for server in seen.servers:
            mine = self._tries.get(server.id)
            if mine and mine.sent and server.id not in seen.leaving and not server.task_state:
                self._note_failure(server, mine)

    def _take_back_if_stalled(self, migration: MigrationUnderWay) -> None:
        now = self._pace.clock()
        for progress in self._desk.progress(migration.server):
            least, since = self._least.get(progress.number, (None, now))
            if least is None or (progress.left is not None and progress.left < least):
                self._least[progress.number] = (progress.left if progress.left is not None else 1 << 62, now)
            elif now - since > self._pace.stalled_after:
                self._story.say(f"{migration.server}: no progress for {now - since:.0f} s, its migration is taken back")
                self._desk.abort(migration.server, progress.number)
                self._least[progress.number] = (least, now)

    def _note_failure(self, server: Server, mine: _Try) -> None:
        mine.sent = False
        last = self._desk.last_of(server.id)
        how = f"{last.kind} to {last.target or 'nowhere'} ended as {last.status}" if last else "Nova began no migration"
        if not last or last.source == self._task.host:
            mine.failures.append(how)
            self._story.say(f"{server.name}: {how}")

    # What begins

    def _begin(self, seen: View) -> dict[str, str]:
        """Begin what may begin now; why not, by server, for the others that could go."""
        for server in seen.free("stop"):
            self._stop(server)
        waiting: dict[str, str] = {}
        room = self._task.per_host - len(seen.moving)
        for server in seen.free("live", "cold"):
            mine = self._tries.setdefault(server.id, _Try())
            if len(mine.failures) >= TRIES:
                continue
            why = self._send(server, seen.ways[server.id].how, mine) if room > 0 else "comes after those that move now"
            room -= not why
            if why:
                waiting[server.id] = why
        return waiting

    def _stop(self, server: Server) -> None:
        """Marked first: who is stopped is started again, whatever becomes of us."""
        if not self._desk.tags:
            return
        self._desk.tag(server.id, self._task.stop_tag)
        self._desk.stop(server.id)
        self._story.say(f"{server.name}: stopped for as long as its host is upgraded, as its owner wants it")

    def _send(self, server: Server, how: str, mine: _Try) -> str:
        """Begin one migration; why not, where it does not begin."""
        choice = self._chooser.choose(server, mine.hosts, self._groups.get(server.id))
        if choice.why_not:
            return choice.why_not
        with self._turnstile.passed() as free:
            if not free:
                return f"{self._task.per_cloud} servers move in the cloud already"
            return self._sent(server, how, mine, choice.host)

    def _sent(self, server: Server, how: str, mine: _Try, host: str | None) -> str:
        before = self._desk.last_of(server.id)
        try:
            if how == "cold" and self._desk.tags:
                self._desk.tag(server.id, self._task.moved_tag)
            (self._desk.live_migrate if how == "live" else self._desk.migrate)(server.id, host)
        except SourceTrouble as trouble:
            if trouble.trouble is not Trouble.REFUSED:
                raise
            mine.hosts += [host] if host else []
            mine.failures.append(f"Nova refuses: {trouble.brief}")
            return trouble.brief
        self._story.say(f"{server.name}: {how} migration to {host or 'a host of the scheduler'} begins")
        mine.hosts += [host] if host else []
        mine.sent = True
        self._moved = self._pace.clock()
        self._until_recorded(server, before)
        return ""

    def _until_recorded(self, server: Server, before: MigrationUnderWay | None) -> None:
        """Nova puts a migration on record a little later than it says yes; till then nobody else is to count."""
        end = self._pace.clock() + self._pace.recorded_within
        while self._pace.clock() < end:
            last, now = self._desk.last_of(server.id), self._desk.server(server.id)
            if (last and (before is None or last.id != before.id)) or now is None or not now.task_state:
                return
            self._pace.sleep(self._pace.look / 4)

    # The end

    def _left(self, seen: View, waiting: dict[str, str]) -> tuple[Left, ...]:
        """Everybody who has to go and has not gone, and why."""
        found = [self._left_of(server, seen, waiting) for server in seen.servers if server.id not in seen.staying]
        found += [Left.arriving(one) for one in seen.arriving]
        found += [Left.unconfirmed(one) for one in seen.leaving.values() if self._is_foreign(one, seen)]
        return tuple(found)

    def _is_foreign(self, migration: MigrationUnderWay, seen: View) -> bool:
        """A cold migration that waits for somebody else's word; its server is on its new host already."""
        return migration.status == FINISHED and migration.server not in {s.id for s in seen.ours}

    def _left_of(self, server: Server, seen: View, waiting: dict[str, str]) -> Left:
        found, mine = seen.ways[server.id], self._tries.get(server.id, _Try())
        if server.id in seen.leaving:
            return Left.of(server, f"it moves to {seen.leaving[server.id].target or 'another host'}", "moving")
        if busy := seen.busy(server):
            return Left.of(server, busy, "busy")
        if found.how in ("none", "wait"):
            return Left.of(server, found.why, "stuck" if found.how == "none" else "waits")
        if found.how == "stop":
            return Left.of(server, found.why, "moving" if self._desk.tags else "stuck")
        if len(mine.failures) >= TRIES:
            return Left.of(server, f"it was sent off {TRIES} times: {'; '.join(mine.failures)}", "stuck")
        return Left.of(server, waiting.get(server.id, "it is next"), "next")

    def _ended(self, seen: View, left: tuple[Left, ...]) -> Ending | None:
        stopped = sum(self._task.stop_tag in server.tags for server in seen.servers)
        if not left and not [s for s in seen.ours if s.vm_state == "resized"]:
            return self._verified(seen, stopped)
        if left and self._nothing_goes_on(left):
            return Ending("failed", _told(self._task.host, left), left, stopped)
        if self._late():
            late = f"its time is over after {self._pace.clock() - self._began:.0f} s; {_told(self._task.host, left)}"
            return Ending("failed", late, left, stopped)
        return None

    def _nothing_goes_on(self, left: tuple[Left, ...]) -> bool:
        kinds = {one.kind for one in left}
        if kinds <= {"stuck"}:
            return True
        return kinds <= {"stuck", "next"} and self._pace.clock() - self._moved > self._pace.no_room_for

    def _late(self) -> bool:
        return self._task.deadline is not None and self._pace.clock() - self._began > self._task.deadline

    def _verified(self, seen: View, stopped: int) -> Ending:
        """Nova's list of servers says that it is empty; its hypervisor's record and placement have to agree."""
        end = self._pace.clock() + self._pace.settled_within
        while True:
            others = self._unaccounted(seen)
            if not others:
                return Ending("done", stopped=stopped)
            if self._pace.clock() > end:
                return Ending("failed", f"{self._task.host} is not empty: {others}", stopped=stopped)
            self._story.say(f"waits until Nova and placement agree that it is empty: {others}")
            self._pace.sleep(self._pace.look)

    def _unaccounted(self, seen: View) -> str:
        """Who is on the host by the word of those who were not asked yet."""
        hypervisor = self._desk.seen_on(self._task.host) - seen.staying
        if hypervisor:
            return f"Nova's record of the hypervisor has {_few(hypervisor)}"
        held = self._held() - seen.staying
        return f"placement has resources there for {_few(held)}" if held else ""

    def _held(self) -> frozenset[str]:
        try:
            return self._desk.held_on(self._task.host)
        except SourceTrouble as trouble:
            if trouble.trouble in (Trouble.DENIED, Trouble.NOT_DEPLOYED):
                return frozenset()  # whoever may not ask, or has none, has to do without
            raise


def _told(host: str, left: tuple[Left, ...]) -> str:
    shown = "; ".join(f"{one.who}: {one.why}" for one in left[:5])
    more = f"; and {len(left) - 5} more" if len(left) > 5 else ""
    return f"{len(left)} left on {host}: {shown}{more}"


def _few(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
