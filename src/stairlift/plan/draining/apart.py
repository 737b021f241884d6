"""Servers that are kept apart so that one failure never takes all of them, on hosts that are out at the same time."""

from collections.abc import Iterator, Sequence

from stairlift.model.finding import Finding
from stairlift.model.workload import Server, ServerGroup, Workload
from stairlift.plan.fleet import named

_APART = "anti-affinity"
_SHOWN = 3


def about_groups(waves: Sequence[Sequence[str]], workload: Workload) -> Iterator[Finding]:
    """One finding for each wave that takes hosts out together which hold servers of one such group."""
    for wave in waves:
        found = [(group, mine) for group in workload.groups if (mine := _together(group, wave, workload))]
        if found:
            yield _out_together(wave, found)


def _together(group: ServerGroup, wave: Sequence[str], workload: Workload) -> list[Server]:
    """Its members on these hosts, where they are on more than one."""
    if group.policy != _APART:
        return []
    mine = [server for host in wave for server in workload.on.get(host, ()) if server.id in group.members]
    return mine if len({server.host for server in mine}) > 1 else []


def _out_together(wave: Sequence[str], found: Sequence[tuple[ServerGroup, list[Server]]]) -> Finding:
    shown = "; ".join(", ".join(f"{s.name} on {s.host}" for s in mine[:_SHOWN]) for _, mine in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more groups" if len(found) > _SHOWN else ""
    message = (
        f"{named(list(wave))} are out together, and hold servers of one group that are to be kept apart "
        f"(anti-affinity): {shown}{more}"
    )
    resolution = "lower max_unavailable for computes, or plan these hosts one after the other (--hosts)"
    return Finding("drain.together", "warning", wave[0], message, resolution)
