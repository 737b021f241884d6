"""Nova's scheduler, as far as upgrades meet it: computes that are up and enabled, zones, room, groups."""

from collections.abc import Iterator

from stairlift.sandbox.guests.guest import Guest
from stairlift.sandbox.guests.register import GuestRegister
from stairlift.sandbox.records.nova import NovaRecords, ServiceRow
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

_HARD = frozenset({"affinity", "anti-affinity"})


class Scheduler:
    """Picks hosts. The emptiest comes first, as the weighers of Nova have it by default."""

    def __init__(self, world: World, nova: NovaRecords, register: GuestRegister) -> None:
        self._world = world
        self._nova = nova
        self._register = register
        self._policies = {group.name: group.policy for group in world.scenario.server_groups}

    def pick(self, guest: Guest, now: float, wanted: Key | None = None) -> Key | None:
        """The compute that takes this server; None where none does. `wanted` leaves it that one only."""
        fitting = [key for key in self._candidates(guest, now) if wanted in {None, key}]
        return min(fitting, key=self._register.load, default=None)

    def _candidates(self, guest: Guest, now: float) -> Iterator[Key]:
        cell = None if guest.compute is None else self._world.hosts[guest.compute[0]].cell
        for row, up in zip(self._nova.computes, self._nova.all_up(self._nova.computes, now), strict=True):
            host = self._world.hosts[row.key[0]]
            if up and row.reachable and row.disabled is None and cell in {None, host.cell} and self._takes(row, guest):
                yield row.key

    def _takes(self, row: ServiceRow, guest: Guest) -> bool:
        zone = guest.spec.zone
        return (
            row.key != guest.compute
            and row.key not in guest.tried
            and guest.wanted in {None, row.key}
            and zone in {None, row.zone}
            and self._register.has_room(row.key, guest.flavor)
            and self._has_traits(row.key, guest)
            and self._by_group(row.key, guest)
        )

    def _has_traits(self, key: Key, guest: Guest) -> bool:
        """Whether the host has the traits that the flavor requires."""
        required = (k.removeprefix("trait:") for k, v in guest.flavor.extra_specs.items() if v == "required")
        return set(required) <= set(self._world.hosts[key[0]].traits)

    def _by_group(self, key: Key, guest: Guest) -> bool:
        policy = self._policies.get(guest.spec.group or "")
        if policy not in _HARD:
            return True
        mates = {mate.compute for mate in self._register.members(guest.spec.group or "") if mate is not guest}
        mates.discard(None)
        return key not in mates if policy == "anti-affinity" else not mates or mates == {key}
