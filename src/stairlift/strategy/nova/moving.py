"""What a drain does for servers: sends them off, watches them, takes back what stalls, keeps what has arrived."""

from dataclasses import dataclass, field

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.workload import MigrationUnderWay, Server
from stairlift.strategy.nova.choosing import Chooser
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.pace import Pace
from stairlift.strategy.nova.story import Story
from stairlift.strategy.nova.task import DrainTask
from stairlift.strategy.nova.turnstile import Turnstile
from stairlift.strategy.nova.view import FINISHED, View

#: A server is sent off twice at most: once, and once more to another host.
TRIES = 2
#: What os-migrations calls a cold migration; a resize, which waits to be confirmed as well, is its owner's.
_COLD = "migration"
_LIVE = "live-migration"


@dataclass
class Try:
    """What was done for one server: the hosts that it was sent to, and how that ended."""

    hosts: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    sent: bool = False


class Mover:
    """Moves the servers of one host. What it begins carries a mark, so that nobody else's is confirmed or taken back.

    `moved` is when it began something last. Methods raise SourceTrouble.
    """

    def __init__(self, task: DrainTask, desk: Desk, story: Story, pace: Pace) -> None:
        self._task = task
        self._desk = desk
        self._story = story
        self._pace = pace
        self._chooser = Chooser(desk, task.host, task.new)
        self._turnstile = Turnstile(task.lock, task.per_cloud, desk)
        self._tries: dict[str, Try] = {}
        self._least: dict[str, tuple[int | None, float]] = {}
        self.moved = pace.clock()

    def tried(self, server: Server) -> Try:
        """What was done for a server so far."""
        return self._tries.get(server.id, Try())

    def settle(self, seen: View) -> None:
        """Keep the cold migrations that are ours, and no others; then the mark has done its duty."""
        for server in seen.ours:
            migration = seen.leaving.get(server.id)
            if server.vm_state == "resized":
                self._keep(server, migration)
            elif not server.task_state and migration is None and self._has_gone(server):
                self._desk.untag(server.id, self._task.moved_tag)

    def _keep(self, server: Server, migration: MigrationUnderWay | None) -> None:
        if migration and migration.status == FINISHED and migration.kind == _COLD:
            self._desk.confirm(server.id)
            self._story.say(f"{server.name}: its cold migration to {server.host} is confirmed")

    def _has_gone(self, server: Server) -> bool:
        return server.host != self._task.host or server.id in self._tries

    def watch(self, seen: View) -> None:
        """Take back live migrations of ours that do not come nearer to their end; note those that came to a bad one."""
        ours = {server.id for server in seen.ours} | {name for name, mine in self._tries.items() if mine.sent}
        for migration in seen.moving:
            if migration.kind == _LIVE and migration.server in ours:
                self._take_back_if_stalled(migration)
        for server in seen.servers:
            mine = self._tries.get(server.id)
            if mine and mine.sent and server.id not in seen.leaving and not server.task_state:
                self._note_failure(server, mine)

    def _take_back_if_stalled(self, migration: MigrationUnderWay) -> None:
        now = self._pace.clock()
        for progress in self._desk.progress(migration.server):
            least, since = self._least.setdefault(progress.number, (progress.left, now))
            if progress.left is not None and (least is None or progress.left < least):
                self._least[progress.number] = (progress.left, now)
            elif now - since > self._pace.stalled_after:
                self._story.say(f"{migration.server}: no progress for {now - since:.0f} s, its migration is taken back")
                self._desk.abort(migration.server, progress.number)
                self._least[progress.number] = (least, now)

    def _note_failure(self, server: Server, mine: Try) -> None:
        mine.sent = False
        last = self._desk.last_of(server.id)
        how = f"{last.kind} to {last.target or 'nowhere'} ended as {last.status}" if last else "Nova began no migration"
        if not last or last.source == self._task.host:
            mine.failures.append(how)
            self._story.say(f"{server.name}: {how}")

    def begin(self, seen: View) -> dict[str, str]:
        """Begin what may begin now; why not, by server, for the others that could go."""
        for server in seen.free("stop"):
            self._stop(server)
        waiting: dict[str, str] = {}
        room = self._task.per_host - len(seen.moving)
        for server in seen.free("live", "cold"):
            mine = self._tries.setdefault(server.id, Try())
            if len(mine.failures) >= TRIES:
                continue
            why = self._send(server, seen, mine) if room > 0 else "comes after those that move now"
            room -= not why
            if why:
                waiting[server.id] = why
        return waiting

    def _stop(self, server: Server) -> None:
        """Marked first: who is stopped is started again, whatever becomes of us."""
        if not self._desk.tags:
            return
        self._desk.tag(server.id, self._task.stop_tag)
        try:
            self._desk.stop(server.id)
        except SourceTrouble as trouble:
            if trouble.trouble is Trouble.REFUSED:  # its owner was faster: nobody starts what the owner has stopped
                self._desk.untag(server.id, self._task.stop_tag)
            raise
        self._story.say(f"{server.name}: stopped for as long as its host is upgraded, as its owner wants it")

    def _send(self, server: Server, seen: View, mine: Try) -> str:
        """Begin one migration; why not, where it does not begin."""
        choice = self._chooser.choose(server, mine.hosts, seen.groups.get(server.id))
        if choice.why_not:
            return choice.why_not
        with self._turnstile.passed() as free:
            if not free:
                return f"{self._task.per_cloud} servers move in the cloud already, or another drain begins one"
            return self._sent(server, seen.ways[server.id].how, mine, choice.host)

    def _sent(self, server: Server, how: str, mine: Try, host: str | None) -> str:
        before = self._desk.last_of(server.id)
        try:
            self._ask_to_move(server, how, host)
        except SourceTrouble as trouble:
            if trouble.trouble is not Trouble.REFUSED:
                raise
            mine.hosts += [host] if host else []
            mine.failures.append(f"Nova refuses: {trouble.brief}")
            return trouble.brief
        self._story.say(f"{server.name}: {how} migration to {host or 'a host of the scheduler'} begins")
        mine.hosts += [host] if host else []
        mine.sent = True
        self.moved = self._pace.clock()
        self._until_recorded(server, before)
        return ""

    def _ask_to_move(self, server: Server, how: str, host: str | None) -> None:
        """Marked first; the mark goes where Nova refuses, or it would be on what somebody else has begun."""
        if self._desk.tags:
            self._desk.tag(server.id, self._task.moved_tag)
        try:
            (self._desk.live_migrate if how == "live" else self._desk.migrate)(server.id, host)
        except SourceTrouble as trouble:
            if trouble.trouble is Trouble.REFUSED and self._desk.tags:
                self._desk.untag(server.id, self._task.moved_tag)
            raise

    def _until_recorded(self, server: Server, before: MigrationUnderWay | None) -> None:
        """Nova puts a migration on record a little later than it says yes; till then nobody else is to count."""
        end = self._pace.clock() + self._pace.recorded_within
        while self._pace.clock() < end:
            last, now = self._desk.last_of(server.id), self._desk.server(server.id)
            if (last and (before is None or last.id != before.id)) or now is None or not now.task_state:
                return
            self._pace.sleep(self._pace.look / 4)
