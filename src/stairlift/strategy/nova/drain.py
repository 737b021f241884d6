"""Empties one host: looks, moves what can move, watches what moves, and ends with who is left and why.

It remembers nothing that cannot be seen: whoever begins anew after a crash adopts what is under way.
"""

from dataclasses import dataclass

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.workload import MigrationUnderWay, Server, ServerGroup
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.moving import TRIES, Mover
from stairlift.strategy.nova.pace import Pace
from stairlift.strategy.nova.story import Left, Story
from stairlift.strategy.nova.task import DrainTask
from stairlift.strategy.nova.view import FINISHED, View, view


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended. `passing`: another attempt may succeed without anybody's help."""

    result: str
    reason: str = ""
    left: tuple[Left, ...] = ()
    stopped: int = 0
    passing: bool = False


class DrainHost:
    """One attempt at a host. `carry_out` blocks until it ends."""

    def __init__(self, task: DrainTask, desk: Desk, story: Story, pace: Pace) -> None:
        self._task = task
        self._desk = desk
        self._story = story
        self._pace = pace
        self._began = self._heard = pace.clock()
        self._mover = Mover(task, desk, story, pace)
        self._groups: dict[str, ServerGroup] = {}
        self._kind = ""
        self._empty_since: float | None = None

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
        if not self._kind:
            self._learn()
        seen = self._look()
        self._mover.settle(seen)
        self._mover.watch(seen)
        waiting = self._mover.begin(seen)
        left = self._left(seen, waiting)
        self._story.tell(seen, left)
        return self._ended(seen, left)

    def _learn(self) -> None:
        """What does not change while one host is emptied."""
        self._groups = {member: group for group in self._desk.groups() for member in group.members}
        own = next((one for one in self._desk.computes() if one.name == self._task.host), None)
        self._kind = own.kind if own and own.kind else "unknown"

    def _look(self) -> View:
        """Migrations, then servers, then ours: what begins or ends in between is seen twice rather than not at all."""
        host = self._task.host
        migrations = [one for one in self._desk.migrations(host) if one.source == host or self._arrives(one)]
        servers = self._desk.servers(host=host)
        ours = self._desk.servers(tags=self._task.moved_tag) if self._desk.tags else ()
        return view(
            host,
            self._task.policy,
            servers,
            migrations,
            groups=self._groups,
            ours=ours,
            kind=self._kind,
        )

    def _arrives(self, migration: MigrationUnderWay) -> bool:
        return migration.status == FINISHED or self._desk.at_work(migration)

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
        found, mine = seen.ways[server.id], self._mover.tried(server)
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
        self._empty_since = None
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
        return kinds <= {"stuck", "next"} and self._pace.clock() - self._mover.moved > self._pace.no_room_for

    def _late(self) -> bool:
        return self._task.deadline is not None and self._pace.clock() - self._began > self._task.deadline

    def _verified(self, seen: View, stopped: int) -> Ending | None:
        """Nova's list of servers says that it is empty; its hypervisor's record and placement have to agree in time."""
        now = self._pace.clock()
        since = self._empty_since = self._empty_since if self._empty_since is not None else now
        if not (others := self._unaccounted(seen)):
            return Ending("done", stopped=stopped)
        if now - since > self._pace.settled_within or self._late():
            return Ending("failed", f"{self._task.host} is not empty: {others}", stopped=stopped)
        self._story.say(f"waits until Nova and placement agree that it is empty: {others}")
        return None

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
