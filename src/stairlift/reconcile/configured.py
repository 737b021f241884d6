"""What services say about hosts and guests without a word on whether they live: configuration, and counts."""

from collections import defaultdict
from collections.abc import Sequence

from stairlift.model.finding import Finding
from stairlift.model.observation import NamedHost, Observation, Tally
from stairlift.reconcile.identity import Identity


def configured(observations: Sequence[Observation], identity: Identity) -> tuple[Finding, ...]:
    """What an operator has to think of before hosts restart."""
    facts = [fact for o in observations for fact in o.facts]
    named = sorted({fact for fact in facts if isinstance(fact, NamedHost)}, key=repr)
    counts = {fact.what: fact.count for fact in facts if isinstance(fact, Tally) and fact.project == "octavia"}
    return (
        *_watched([one for one in named if one.by == "masakari" and not one.maintenance]),
        *(_nobody_s(one) for one in named if one.host not in identity.names),
        *([_amphorae(counts["amphora"])] if counts.get("amphora") else []),
    )


def _watched(hosts: Sequence[NamedHost]) -> list[Finding]:
    segments: dict[str, list[str]] = defaultdict(list)
    for one in hosts:
        segments[one.group].append(one.host)
    return [_watched_segment(name, found) for name, found in sorted(segments.items())]


def _watched_segment(name: str, hosts: Sequence[str]) -> Finding:
    counted = f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}"
    return Finding(
        code="masakari.watches",
        severity="warning",
        subject=name,
        message=f"Masakari watches {counted} of the segment {name}: it may evacuate one that restarts",
        resolution=f"around the work: `openstack segment host update --on_maintenance True {name} HOST`",
    )


def _nobody_s(one: NamedHost) -> Finding:
    return Finding(
        code="host.named_only",
        severity="warning",
        subject=one.host,
        message=f"{one.by} ({one.group}) names a host {one.host} that no other source knows",
        resolution=f'take it out there if it is gone; or, if it has another name, [aliases] "{one.host}" = "THAT NAME"',
    )


def _amphorae(count: int) -> Finding:
    return Finding(
        code="octavia.amphorae",
        severity="info",
        subject="octavia",
        message=f"{count} amphorae carry load balancers: they are guests and keep their image through an upgrade",
        resolution="afterwards, with a new image: `openstack loadbalancer failover ID`, one after the other",
    )
