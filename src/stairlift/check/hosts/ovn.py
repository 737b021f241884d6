"""OVN: the members of its databases, the pin of its chassis, and the gateway ports of routers."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import hosts_of, look
from stairlift.check.hosts.raft import Member
from stairlift.check.hosts.reading import Survey, few, survey_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.model.check import Question, Reply, Scene

#: What an ovsdb-server with a database that is in no cluster answers (ovsdb-server 3.1).
_ALONE = "is not a valid command"
#: What is said of a server that has left its socket behind (ovs-appctl 3.1).
_SILENT = "(Connection refused)"
_NO_SOCKET = "its control socket is neither where OVN puts it nor in a container of that name"


@dataclass(frozen=True, slots=True)
class _Database:
    """A database of OVN: its section of the script, the program that keeps it, its schema."""

    section: str
    binary: str
    name: str


_DATABASES = (_Database("nb", "ovn-nb-db", "OVN_Northbound"), _Database("sb", "ovn-sb-db", "OVN_Southbound"))


def _central(scene: Scene) -> Mapping[str, Question]:
    return look(hosts_of(scene, *(one.binary for one in _DATABASES)), "ovn.sh")


def _chassis(scene: Scene) -> Mapping[str, Question]:
    return look(hosts_of(scene, "ovn-controller"), "ovn.sh")


def _here(about: About) -> Iterator[_Database]:
    """The databases that a host keeps a member of."""
    on = {s.binary for s in about.scene.cloud.services if s.host == about.subject}
    return (one for one in _DATABASES if one.binary in on)


def _member(seen: Survey, base: _Database) -> Member | None:
    """None for a database that is in no cluster. Raises Unanswered where nothing can be read of it."""
    code, *lines = seen.lines(base.section) or ("", _NO_SOCKET)
    if code != "0":
        if _ALONE in " ".join(lines):
            return None
        raise Unanswered(f"{base.name}: {few(lines[-1:])}")
    return Member.of(lines)


def _each(about: About, seen: Survey) -> Told:
    for base in (one for one in _here(about) if not _restarts(about, one, about.subject)):
        subject = f"{base.binary}@{about.subject}"
        if any(_SILENT in line for line in seen.lines(base.section)):
            message = f"the server of {base.name} on {about.subject} does not answer"
            yield about.found(message, "start it, and read its log", subject=subject)
            continue
        member = _member(seen, base)
        if member is None:
            continue
        if (status := member.fields["Status"]) != "cluster member":
            message = f"{base.name} on {about.subject} is no full member of its cluster: {status}"
            yield about.found(message, "wait until it is, or see why it cannot reach the others", subject=subject)
        elif member.fields["Leader"] == "unknown":
            message = f"{base.name} on {about.subject} knows no leader, so nothing can be written"
            yield about.found(message, "see that most of its members run and reach each other", subject=subject)


def _restarts(about: About, base: _Database, host: str) -> bool:
    """Whether it is this member that the step restarts: what ails it is no reason not to, but for the others."""
    step = about.scene.about
    return step is not None and base.binary in step.services and host in step.hosts


def _as_leader(about: About, base: _Database, member: Member, others: Collection[str]) -> Told:
    """What the leader hears of the others, by their ids.

    It was elected by most of them: one of whom it seems that it heard of nobody is too old to tell.
    """
    yield f"{about.subject}: leads {base.name} of {len(member.peers)}"
    tells = any(peer.heard is not None for peer in member.peers)
    own = next((peer.entries for peer in member.peers if peer.itself), None)
    for peer in (peer for peer in member.peers if peer.id in others):
        subject = f"{base.binary}:{peer.id}"
        if tells and (peer.heard is None or peer.heard > member.patience * about.rule.limit("election_timers")):
            since = f"for {peer.heard / 1000:.0f} s" if peer.heard is not None else "since it was elected"
            message = f"the leader of {base.name} on {about.subject} has not heard of {peer.address} {since}"
            yield about.found(message, "start that member, and wait until it is in step", subject=subject)
        elif own is not None and (behind := own - (peer.entries or 0)) > about.rule.limit("entries"):
            message = f"{peer.address} is {behind} entries behind the leader of {base.name}"
            yield about.found(message, "wait until it is in step", subject=subject)
    if len(member.peers) == 2:
        message = f"{base.name} has 2 members: nothing can be written while either of them restarts"
        yield about.found(message, "add a third", subject=base.binary, severity="warning")


def _agreed(about: About, readable: Mapping[str, Reply]) -> Told:
    """That they are one cluster with one leader; and where the next to restart leads although others follow it."""
    for base in _DATABASES:
        members = {host: one for host, reply in readable.items() if (one := _told(reply, base))}
        clusters = {one.fields["Cluster ID"] for one in members.values()}
        if len(clusters) > 1:
            message = f"{base.name} is {len(clusters)} clusters: {few(sorted(clusters))}"
            yield about.found(message, "join the servers to one of them (ovsdb(7))", subject=base.binary)
        leaders = {one.leader for one in members.values()} - {"unknown"}
        if len(clusters) == 1 and len(leaders) > 1:
            message = f"the members of {base.name} take {few(sorted(leaders))} for their leader"
            yield about.found(message, "wait until they agree on one", subject=base.binary)
        leading = [host for host, one in members.items() if one.leads]
        for host in leading:
            others = _others(about, base, members, members[host])
            yield from _as_leader(replace(about, subject=host), base, members[host], others)
        yield from _too_early(about, base, leading)


def _others(about: About, base: _Database, members: Mapping[str, Member], leader: Member) -> frozenset[str]:
    """All but the leader and, where all who stay have told their ids, what the step restarts: it need not be there."""
    hosts = hosts_of(about.scene, base.binary)
    stay = [host for host in hosts if not _restarts(about, base, host)]
    others = frozenset(peer.id for peer in leader.peers if not peer.itself)
    known = {members[host].id for host in stay if host in members}
    own = others - known if len(known) == len(stay) else frozenset()
    return others - own if len(own) <= len(hosts) - len(stay) else others


def _told(reply: Reply, base: _Database) -> Member | None:
    try:
        seen = survey_of(reply)
        return _member(seen, base) if seen.lines(base.section) else None
    except Unanswered:
        return None


def _too_early(about: About, base: _Database, leading: Sequence[str]) -> Told:
    """Leadership has moved since the plan was made: an election more than needed, and no reason to wait."""
    step, plan = about.scene.about, about.scene.plan
    if step is None or plan is None or base.binary not in step.services or not set(leading) & set(step.hosts):
        return
    later = [s for s in plan.steps[plan.steps.index(step) + 1 :] if base.binary in s.services]
    if any(s.action == "upgrade" and s.target == step.target for s in later):
        host = next(iter(leading))
        message = f"{host} leads {base.name} now, and others of its members come behind it"
        resolution = "nothing to do: another one is elected once more than needed, within its election timer"
        yield about.found(message, resolution, subject=f"{base.binary}@{host}", severity="info")


def _pin(about: About, seen: Survey) -> Told:
    wanted = about.scene.plan is not None and about.scene.plan.policy.get("ovn_order") == "pinned"
    if "ovn-match-northd-version" not in seen.sections:
        raise Unanswered("ovs-vsctl does not tell its settings")
    pinned = seen.first("ovn-match-northd-version").lower() == "true"
    command = "ovs-vsctl set Open_vSwitch . external_ids:ovn-match-northd-version="
    if wanted and not pinned:
        message = f"{about.subject} does not wait for northd's version: its flows would change with the new databases"
        yield about.found(message, f"`{command}true` there")
    elif pinned and not wanted:
        message = f"{about.subject} is pinned: once its ovn-controller is new, it takes no changes until northd is"
        resolution = f'`ovn_order = "pinned"` in [policy], or `{command}false` there'
        yield about.found(message, resolution, severity="warning" if about.scene.plan else "info")


def _ports(about: About, readable: Mapping[str, Reply]) -> Told:
    """Of all members of the southbound database that one tells for all: the one that comes first."""
    surveys = (survey_of(readable[host]) for host in sorted(readable))
    first = next((seen for seen in surveys if "gateways" in seen.sections), None)
    if first is None:
        raise Unanswered("no host of the southbound database tells its ports: ovn-sbctl is needed there")
    rows = [row for row in csv.reader(first.lines("gateways")) if len(row) == 2]
    for port, chassis in rows:
        if not chassis:
            message = f"no chassis carries the gateway port {port}: nothing of its router leaves the cloud"
            resolution = f"`ovn-sbctl find Port_Binding logical_port={port}`; see that one of its gateways is alive"
            yield about.found(message, resolution, subject=port)
    yield f"gateway ports of routers: {len(rows)}"


def _nothing(about: About, seen: Survey) -> Told:  # noqa: ARG001
    """What only all answers together tell."""
    return ()


MEMBERS = partial(ShellCheck, "ovn.members", _central, by_sections(_each), _agreed)
PINNED = partial(ShellCheck, "ovn.pinned", _chassis, by_sections(_pin))
GATEWAYS = partial(
    ShellCheck,
    "ovn.gateways",
    lambda scene: look(hosts_of(scene, "ovn-sb-db"), "ovn.sh"),
    by_sections(_nothing),
    _ports,
)
