"""Whether services live after a restart: by the age of their records, never by "up" alone.

A dead process looks up for 60 to 75 seconds (nova's service_down_time, neutron's agent_down_time), so a record counts
only if it was written after the work ended. Where clocks leave a doubt, it counts against the record: the next
heartbeat settles it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY, binary
from stairlift.model.cloud import Service
from stairlift.model.observation import Observation, ServiceRecord

#: A service: its binary and its host.
Key = tuple[str, str]
#: A row of a registry: its binary and the registry's own word for the host, which may be host@backend.
Row = tuple[str, str]
#: HTTP dates, from which the cloud's clock is known, leave the fractions of a second out.
_GRAIN = timedelta(seconds=1)


def reporting(services: Iterable[Service]) -> dict[Key, frozenset[str]]:
    """The registries that have a record of each service; those without any are left out: who knows if they live."""
    registries = set(SOURCE_OF_REGISTRY.values())
    found = {(s.binary, s.host): registries & set(s.sources) for s in services if s.instances}
    return {key: frozenset(sources) for key, sources in found.items() if sources}


def presumed(services: Iterable[Key], silent: AbstractSet[str]) -> dict[Key, frozenset[str]]:
    """The services that a registry which gave no answer would have told of, as far as their binaries tell it."""
    found = {}
    for name, host in services:
        known = binary(name)
        source = SOURCE_OF_REGISTRY.get(known.registry or "") if known else None
        if source is not None and source in silent:
            found[name, host] = frozenset({source})
    return found


def dead_rows(services: Iterable[Service]) -> frozenset[Row]:
    """The rows that are dead beside others of the same service that live: a backend that is gone will not come back."""
    return frozenset(
        (service.binary, row.name)
        for service in services
        if any(row.state == "up" for row in service.instances)
        for row in service.instances
        if row.state == "down"
    )


def stale(
    services: Sequence[Key],
    since: datetime,
    observations: Sequence[Observation],
    names: Mapping[str, str],
    ignored: AbstractSet[Row] = frozenset(),
) -> tuple[str, ...]:
    """A sentence for each service that has no record which is up and newer than `since`, a time on our clock.

    `names` maps the registries' host names to those of `services`; `ignored` rows need not be heard of.
    """
    records = _records(observations, names, ignored)
    return tuple(text for key in services if (text := _why_stale(key, since, records.get(key, []))))


def _records(
    observations: Iterable[Observation], names: Mapping[str, str], ignored: AbstractSet[Row]
) -> dict[Key, list[tuple[ServiceRecord, timedelta]]]:
    """Rows by binary and host, each with how far its clock may be ahead of ours."""
    found: dict[Key, list[tuple[ServiceRecord, timedelta]]] = defaultdict(list)
    for observation in observations:
        ahead = _ahead(observation)
        for fact in observation.facts:
            if isinstance(fact, ServiceRecord) and (fact.binary, fact.host) not in ignored:
                machine = fact.host.partition("@")[0]
                found[fact.binary, names.get(machine, machine)].append((fact, ahead))
    return found


def _ahead(observation: Observation) -> timedelta:
    """How far the cloud's clock is ahead of ours at most: it showed that second at the earliest when it was asked."""
    if observation.cloud_time is None:
        return timedelta()
    return observation.cloud_time + _GRAIN - observation.asked_at


def _why_stale(key: Key, since: datetime, rows: Sequence[tuple[ServiceRecord, timedelta]]) -> str | None:
    name, host = key
    if not rows:
        return f"{name} on {host} has no record"
    late = [row for row, ahead in _counted(name, rows) if not _fresh(row, since + ahead)]
    if not late:
        return None
    row = late[0]
    if row.forced_down:
        return f"{name} on {row.host} is forced down"
    told = f"last at {row.updated_at:%H:%M:%S} UTC" if row.updated_at else "never"
    return f"{name} on {row.host} is {row.state} and reported {told}"


def _counted(name: str, rows: Sequence[tuple[ServiceRecord, timedelta]]) -> Sequence[tuple[ServiceRecord, timedelta]]:
    """All rows; of those of processes the newest alone, since the rows of ended ones stay and look up for a while.

    Nobody but a process of the service writes one, so a row that is newer than the restart is of the restarted service.
    """
    known = binary(name)
    if known is None or not known.per_process:
        return rows
    return [max(rows, key=lambda one: (one[0].updated_at is not None, one[0].updated_at))]


def _fresh(row: ServiceRecord, since: datetime) -> bool:
    return row.state == "up" and row.updated_at is not None and row.updated_at >= since
