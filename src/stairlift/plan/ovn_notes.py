"""What people should know of OVN in a plan: who leads its databases, and which span of versions the order is for."""

import re
from collections.abc import Iterable, Iterator, Sequence

from stairlift.knowledge.binaries import in_quorum
from stairlift.model.cloud import Service
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.plan.fleet import named
from stairlift.plan.hop import Hop

_VERSION = re.compile(r"(?:\d+:)?(\d{2})\.(\d{2})")
#: The first long-term release: before it no rolling upgrade is supported (OVN upgrade guide).
_FIRST_LTS = (22, 3)


def about_ovn(hops: Sequence[Hop], steps: Sequence[Step]) -> list[Finding]:
    """Nothing where no step upgrades OVN; what is the same in every hop is told of the first."""
    mine = [s for s in steps if s.stage == "ovn" and s.action == "upgrade"]
    if not mine:
        return []
    first = next(hop for hop in hops if hop.target == mine[0].target)
    members = [s for s in mine if s.target == first.target and any(map(in_quorum, s.services))]
    return [*_together(members), *_leaders(first, members), *_versions(first)]


def _leaders(hop: Hop, members: Sequence[Step]) -> Iterator[Finding]:
    """A Raft cluster elects another leader when its own restarts: so that happens once where it goes last."""
    hosts = list(dict.fromkeys(host for s in members for host in s.hosts))
    if len(hosts) < 2 or any(len(s.hosts) > 1 for s in members):
        return
    leaders = [s for s in hop.fleet.services if in_quorum(s.binary) and s.duty == "leader"]
    upgraded = {name for s in members for name in s.services if in_quorum(name)}
    if upgraded <= {s.binary for s in leaders}:
        told = " and ".join(f"{s.binary} on {s.host}" for s in sorted(leaders, key=lambda s: s.binary))
        message = f"the members of OVN's databases are upgraded one at a time, and those that lead come last: {told}"
        resolution = "nothing to do; who leads is asked again before each of them, where there is a shell on them"
        yield Finding("ovn.order", "info", "ovn", message, resolution)
        return
    message = (
        f"OVN's databases are upgraded on {named(hosts)} in this order; a Raft cluster wants its followers before its "
        f"leader, and nobody has told which host that is"
    )
    yield Finding("ovn.order", "warning", "ovn", message, _how_to_tell(hop, hosts))


def _how_to_tell(hop: Hop, hosts: Sequence[str]) -> str:
    pin = (
        '; from OVN before 22.03, ovn_order = "pinned", and ovn-match-northd-version=true on every chassis first'
        if hop.ovn_order != "pinned" and not _known(hop)
        else ""
    )
    return (
        "look from the hosts themselves (--inventory hosts:INVENTORY), and the leader goes last; or ask "
        "`ovn-appctl -t /var/run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound`, ovnnb_db.ctl with OVN_Northbound, "
        f"and let {hosts[-1]} lead{pin}"
    )


def _together(members: Iterable[Step]) -> Iterator[Finding]:
    """A step that takes all members takes them as its deployer does."""
    step = next((s for s in members if len(s.hosts) > 1), None)
    if step is not None:
        message = (
            f"{step.id} upgrades OVN's databases on {named(step.hosts)} in one go, as its strategy does it: nobody "
            f"here keeps most of the members up meanwhile"
        )
        resolution = (
            "let the deployer go one host at a time (kolla-ansible: `-e kolla_serial=1`), or give OVN an entry of its "
            'own: match = { project = "ovn" }'
        )
        yield Finding("ovn.together", "warning", "ovn", message, resolution)


def _versions(hop: Hop) -> Iterator[Finding]:
    """What hosts have told; of the target's OVN no source knows."""
    by_version: dict[str, list[str]] = {}
    for service in _known(hop):
        by_version.setdefault(service.version or "", []).append(service.host)
    if not by_version:
        return
    told = ", ".join(f"{version} on {named(sorted(set(hosts)))}" for version, hosts in sorted(by_version.items()))
    old = any(number < _FIRST_LTS for text in by_version if (number := _number(text)))
    if old and hop.ovn_order != "pinned":
        message = f"OVN is older than 22.03 ({told}): no upgrade that rolls through its chassis first is supported"
        resolution = 'the fail-safe upgrade of its guide: ovn_order = "pinned" in [policy]'
        yield Finding("ovn.version", "warning", "ovn", message, resolution)
        return
    message = f"OVN runs {told}; which version comes with {hop.target} is the deployer's own, and no source tells"
    resolution = (
        "chassis first is supported from one long-term release (22.03, 24.03, 26.03) to the next, and to what lies "
        'between; for other spans ovn_order = "pinned"'
    )
    yield Finding("ovn.version", "info", "ovn", message, resolution)


def _known(hop: Hop) -> list[Service]:
    return [s for s in hop.fleet.services if s.project == "ovn" and s.version]


def _number(version: str) -> tuple[int, int] | None:
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else None
