"""What looks at the hosts themselves have shown: hosts that nobody saw, and programs that run other code than is there.

A program goes on with the code that it was started from. Whoever has installed a new version and restarted nothing has
upgraded nothing.
"""

from collections.abc import Iterable, Sequence

from stairlift.knowledge.binaries import binary
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding
from stairlift.model.observation import HostRecord, Observation, ProcessRecord
from stairlift.reconcile.identity import Identity

#: More hosts than these with the same trouble are one finding.
_NAMED = 10
_REASONS = {
    Trouble.DENIED: "see that this user may log in there with a key, and use sudo without a password",
    Trouble.UNREACHABLE: "try `ssh` by hand; [sources] ssh holds what the inventory does not say",
    Trouble.TIMEOUT: "look at its load and at the way to it, and try again",
}


def looked_at(observations: Sequence[Observation], identity: Identity) -> tuple[Finding, ...]:
    """The findings about hosts that were looked at, or should have been."""
    facts = [fact for o in observations for fact in o.facts]
    records = [fact for fact in facts if isinstance(fact, HostRecord)]
    processes = [fact for fact in facts if isinstance(fact, ProcessRecord)]
    return (
        *_not_seen([record for record in records if record.trouble]),
        *_partly_seen([record for record in records if record.partial and not record.trouble]),
        *(_not_restarted(one, identity.of(one.host)) for one in processes if _runs_other_code(one)),
        *(_not_running(one, identity.of(one.host)) for one in processes if one.state == "down"),
    )


def _not_seen(records: Sequence[HostRecord]) -> Iterable[Finding]:
    for record in records[:_NAMED]:
        yield Finding(
            code="host.not_seen",
            severity="warning",
            subject=record.host,
            message=f"nobody could look at {record.host}: {record.detail}",
            resolution=_REASONS.get(record.trouble or Trouble.MALFORMED, "look at what a login there prints"),
        )
    if more := records[_NAMED:]:
        yield Finding(
            code="host.not_seen",
            severity="warning",
            subject=more[0].host,
            message=f"nobody could look at {more[0].host} and {len(more) - 1} more hosts",
            resolution="look at one of them; most often it is the same for all",
        )


def _partly_seen(records: Sequence[HostRecord]) -> Iterable[Finding]:
    if records:
        count = len(records)
        hosts = f"{records[0].host} and {count - 1} more hosts" if count > 1 else records[0].host
        yield Finding(
            code="host.partly_seen",
            severity="info",
            subject=records[0].host,
            message=f"without root not every process of {hosts} could be looked into: versions are what is installed",
            resolution='give [sources] ssh = { become = ["sudo", "-n"] }, or log in as root',
        )


def _runs_other_code(one: ProcessRecord) -> bool:
    return one.stale or bool(one.version and one.installed and one.version != one.installed)


def _not_restarted(one: ProcessRecord, host: str) -> Finding:
    runs = f"runs {one.version}" if one.version else "runs code that has been replaced or deleted since it started"
    there = f", while {one.installed} is installed" if one.installed else ""
    return Finding(
        code="service.not_restarted",
        severity="warning",
        subject=f"{one.binary}@{host}",
        message=f"{one.binary} on {host} {runs}{there}",
        resolution=f"restart it: {_restart(one)}",
    )


def _restart(one: ProcessRecord) -> str:
    """What is restarted there, in the words of what keeps it running."""
    commands = {
        "systemd": f"`systemctl restart {one.unit}`",
        "supervisor": f"`supervisorctl restart {one.unit}`",
        "docker": f"`docker restart {one.unit}`",
        "podman": f"`podman restart {one.unit}`",
        "lxc": f"the service in the container {one.unit}",
    }
    return f"{commands.get(one.manager, one.unit)} on {one.host}"


def _not_running(one: ProcessRecord, host: str) -> Finding:
    known = binary(one.binary)
    kept = "container" if one.manager in {"docker", "podman"} else one.manager
    return Finding(
        code="service.not_running",
        severity="warning" if known else "info",
        subject=f"{one.binary}@{host}",
        message=f"{one.binary} on {host} does not run, although its {kept} ({one.unit}) is there",
        resolution="start it, or take it away if it is not meant to run: a step on it will fail",
    )
