"""What a plan says of the servers on its hypervisors before the first of them moves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stairlift.knowledge.draining import draining
from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan
from stairlift.model.policy import Drain
from stairlift.model.workload import WISH_KEY, Server, Workload
from stairlift.plan.draining.apart import about_groups
from stairlift.plan.draining.packing import Unplaced
from stairlift.plan.draining.waves import Leaver, Rehearsal, drained, rehearse
from stairlift.plan.draining.ways import Leaving
from stairlift.plan.fleet import named

#: How many names are told before it is only a number.
_SHOWN = 5
_MEANT = f"nothing, if that is meant; the tag {WISH_KEY}=... of a server says otherwise"
_ASK = (
    f"ask its owner, then set the tag {WISH_KEY}=skip (it stays), =stop (it is stopped meanwhile), =cold or =wait on it"
)


def about_guests(plan: Plan, cloud: Cloud, workload: Workload, policy: Drain) -> tuple[Finding, ...]:
    """What there is to know of the servers on the hosts that a plan empties. They never change the plan itself."""
    waves = drained(plan, cloud, workload)
    if not waves:
        return ()
    hosts = {host for wave in waves for host in wave}
    new = frozenset(
        one.name for one in workload.computes if one.name not in hosts and _runs_target(plan, cloud, one.name)
    )
    found = rehearse(waves, workload, policy, new=new)
    if not workload.providers:
        found = replace(found, waves=(), old=())
    room = _about_room(found, workload) if workload.providers else [_no_room_known()]
    apart = about_groups(waves, workload)
    return (*_unseen(workload), *_staying(found), *_told(found), *_with_care(found), *apart, *room)


def _runs_target(plan: Plan, cloud: Cloud, name: str) -> bool:
    """Whether nova-compute is at the hop's target there already; nothing is presumed of hosts that nobody looked at."""
    host = cloud.host(name)
    mine = (s for s in cloud.services if host and s.host == host.name and s.binary == "nova-compute")
    return any(service.releases == (plan.hops[0],) for service in mine)


def _unseen(workload: Workload) -> Iterator[Finding]:
    for sentence in workload.unseen:
        resolution = "let the user see it, or know that what depends on it shows only when a server is moved"
        yield Finding("drain.unseen", "warning", sentence.partition(" could")[0][:60], sentence, resolution)


def _no_room_known() -> Finding:
    message = "placement told nothing, so nobody knows whether the servers fit on the other hosts"
    return Finding("drain.room_unknown", "warning", "placement", message, "let the user read placement's providers")


def _who(server: Server) -> str:
    return f"{server.name} (project {server.project or 'unknown'})"


def _staying(found: Rehearsal) -> Iterator[Finding]:
    """The servers that cannot leave, whatever room there is: one by one, since each has an owner."""
    for one in found.leavers:
        if one.way.how == "none":
            yield _stays(one.server, one.host, one.way.why)
    for unplaced in (one for wave in found.waves for one in wave.left if not one.full):
        yield _stays(unplaced.server, unplaced.source, unplaced.why)


def _stays(server: Server, host: str, why: str) -> Finding:
    message = f"{_who(server)} cannot leave {host}: {why}"
    data = {"server": server.name, "project": server.project, "host": host, "why": why}
    return Finding("drain.stays", "warning", server.id, message, _ASK, data)


def _told(found: Rehearsal) -> Iterator[Finding]:
    """What was said of servers by those who may say it."""
    if mine := _leaving(found, "skip"):
        message = f"{_count(mine)} to stay on the host while that is upgraded: {_names(mine)}"
        yield Finding("drain.skip", "info", "skip", message, _MEANT)
    if mine := _leaving(found, "stop"):
        message = f"{_count(mine)} to be stopped before the host is upgraded, and started afterwards: {_names(mine)}"
        yield Finding("drain.stop", "warning", "stop", message, _MEANT)
    if mine := _leaving(found, "wait"):
        message = f"{_count(mine)} to be waited for, until somebody has taken it away: {_names(mine)}"
        yield Finding("drain.wait", "warning", "wait", message, _MEANT)


def _leaving(found: Rehearsal, how: Leaving) -> list[Leaver]:
    return [one for one in found.leavers if one.way.how == how]


def _with_care(found: Rehearsal) -> Iterator[Finding]:
    """What moves, and may be felt: together for all servers of a kind."""
    for obstacle in draining().obstacles:
        if mine := [one for one in found.leavers if obstacle in one.way.care]:
            message = f"{_count(mine)} to be moved with care, {obstacle.why}: {_names(mine)}"
            resolution = f"tell their owners; {WISH_KEY}=skip, stop, cold or wait on a server chooses otherwise"
            yield Finding("drain.care", "info", obstacle.name, message, resolution)


def _about_room(found: Rehearsal, workload: Workload) -> Iterator[Finding]:
    for wave in found.waves:
        full = [one for one in wave.left if one.full]
        for host in dict.fromkeys(one.source for one in full):
            yield _no_room(host, wave.hosts, [one for one in full if one.source == host])
    yield from _old(found)
    yield from _tight(found)
    yield from _under_way(workload, found)


def _no_room(host: str, out: Sequence[str], mine: Sequence[Unplaced]) -> Finding:
    together = f" while {named(sorted(set(out) - {host}))} is out, too" if len(out) > 1 else ""
    first = mine[0]
    return Finding(
        code="drain.no_room",
        severity="error",
        subject=host,
        message=(
            f"{host} cannot be emptied{together}: {len(mine)} of its servers have no place elsewhere; "
            f"{_who(first.server)}, {first.server.flavor}: {first.why}"
        ),
        resolution="free or add a host of its kind, lower max_unavailable, or see what its largest servers may bear",
    )


def _old(found: Rehearsal) -> Iterator[Finding]:
    """Nothing is upgraded yet when the first are emptied; later it means that the new hosts are full."""
    if not found.old:
        return
    sources = dict.fromkeys(move.source for move in found.old)
    twice = f"; {len(found.twice)} of them would move once more when those are emptied" if found.twice else ""
    message = (
        f"{len(found.old)} servers of {named(list(sources))} go to hosts that still run the old release, "
        f"since no upgraded one has a place for them{twice}"
    )
    resolution = "begin with a host that is empty (--hosts), or add one, so that servers move once"
    yield Finding("drain.old_hosts", "info", next(iter(sources)), message, resolution)


def _tight(found: Rehearsal) -> Iterator[Finding]:
    most = draining().tight / 100
    worst = max(
        ((share, name, wave) for wave in found.waves for name, share in wave.full.items()), default=None, key=_share
    )
    if worst is None or worst[0] <= most:
        return
    share, name, wave = worst
    message = f"while {named(wave.hosts)} is out, {share:.0%} of {name} is taken on the others"
    yield Finding(
        "drain.tight", "warning", wave.hosts[0], message, "a host that fails meanwhile leaves no room for its own"
    )


def _share(one: tuple[float, str, object]) -> float:
    return one[0]


def _under_way(workload: Workload, found: Rehearsal) -> Iterator[Finding]:
    """What is under way now on the hosts that go: a drain waits for it."""
    hosts = {one.host for one in found.leavers}
    mine = [one for one in workload.migrations if one.source in hosts or one.target in hosts]
    if mine:
        message = f"{len(mine)} migrations are under way on hosts that are to be emptied; each drain waits for its own"
        yield Finding("drain.under_way", "info", "os-migrations", message, "wait for them, or abort what hangs")


def _count(mine: Sequence[Leaver]) -> str:
    return f"{len(mine)} server{'s' if len(mine) > 1 else ''}"


def _names(mine: Iterable[Leaver]) -> str:
    names = [f"{_who(one.server)} on {one.host}" for one in mine]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
