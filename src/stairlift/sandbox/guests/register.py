"""Which servers there are and where, what they take of their hosts, and their migrations."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from stairlift.sandbox.guests.guest import ENDED, Guest, Migration
from stairlift.sandbox.records.nova import NovaRecords
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.tenants import FLAVORS, FlavorSpec, Room, ServerSpec
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a consumer, a server or a migration, takes of a host."""

    consumer: str
    host: Key
    flavor: FlavorSpec
    project: str

    @property
    def resources(self) -> Mapping[str, int]:
        """In Placement's words."""
        return resources_of(self.flavor)


def resources_of(flavor: FlavorSpec) -> dict[str, int]:
    """What a server of this flavor asks of Placement."""
    disk = flavor.disk + flavor.ephemeral
    wanted = {"VCPU": flavor.vcpus, "MEMORY_MB": flavor.ram, "DISK_GB": disk}
    asked = (key for key in flavor.extra_specs if key.startswith("resources:"))
    special = {key.removeprefix("resources:"): int(flavor.extra_specs[key]) for key in asked}
    return {name: amount for name, amount in (wanted | special).items() if amount}


class GuestRegister:
    """The rows of servers and migrations. Moving one goes through `place`, so that the hosts' lists stay right."""

    def __init__(self, world: World, nova: NovaRecords) -> None:
        self._scenario = world.scenario
        self.flavors = {flavor.name: flavor for flavor in (*FLAVORS, *world.scenario.flavors)}
        self.guests: dict[str, Guest] = {}
        self.migrations: dict[int, Migration] = {}
        self._hosts: dict[Key | None, dict[str, Guest]] = defaultdict(dict)
        self._open: list[Migration] = []
        self._numbers = count(1)
        self._rooms: dict[Key, Room] = {row.key: world.hosts[row.key[0]].room for row in nova.computes}
        by_host = {row.key[0]: row.key for row in nova.computes}
        for spec in _all_servers(world.scenario, [(row.key[0], row.host) for row in nova.computes if row.reachable]):
            self._begin_with(spec, by_host.get(spec.host or ""), world.begin)

    def _begin_with(self, spec: ServerSpec, compute: Key | None, begin: float) -> None:
        uuid = identity(self._scenario.name, "server", spec.name)
        where = None if spec.state == "shelved_offloaded" else compute
        flavor = self.flavors[spec.flavor]
        guest = Guest(uuid, spec, flavor, None, spec.state, begin, spec.task, begin, tags=set(spec.tags))
        self.guests[uuid] = guest
        self.place(guest, where)

    def add(self, guest: Guest) -> None:
        """A new server."""
        self.guests[guest.uuid] = guest
        self._hosts[guest.compute][guest.uuid] = guest

    def remove(self, guest: Guest) -> None:
        """A server that is no more."""
        self.guests.pop(guest.uuid, None)
        self._hosts[guest.compute].pop(guest.uuid, None)

    def place(self, guest: Guest, compute: Key | None) -> None:
        """The server is on that host from now on."""
        self._hosts[guest.compute].pop(guest.uuid, None)
        guest.compute = compute
        self._hosts[compute][guest.uuid] = guest

    def on(self, compute: Key) -> list[Guest]:
        """The servers of a host."""
        return list(self._hosts.get(compute, {}).values())

    def members(self, group: str) -> list[Guest]:
        """The servers of a group."""
        return [guest for guest in self.guests.values() if guest.spec.group == group]

    def migration(self, guest: Guest, kind: str, now: float, target: Key | None) -> Migration:
        """A new migration of a server that is on a host."""
        if guest.compute is None:
            raise ValueError("a server that is nowhere cannot be moved")
        number = next(self._numbers)
        uuid = identity(self._scenario.name, "migration", str(number))
        made = Migration(number, uuid, guest, kind, guest.compute, now, target, updated=now)
        self.migrations[number] = made
        self._open = [*(m for m in self._open if m.status not in ENDED), made]
        return made

    def allocations(self, compute: Key) -> Iterator[Allocation]:
        """Who takes what of a host: its servers, and the moves whose source or destination it is."""
        moving = {m.guest.uuid: m for m in self._open if m.holds_source}
        for guest in self._hosts.get(compute, {}).values():
            move = moving.get(guest.uuid)
            consumer = move.uuid if move and move.source == compute else guest.uuid
            yield Allocation(consumer, compute, guest.flavor, guest.spec.project)
        for move in moving.values():
            if move.dest == compute and move.guest.compute != compute:
                yield Allocation(move.guest.uuid, compute, move.guest.flavor, move.guest.spec.project)
            elif move.source == compute and move.guest.compute != compute:
                yield Allocation(move.uuid, compute, move.guest.flavor, move.guest.spec.project)

    def inventory(self, compute: Key) -> dict[str, tuple[int, int, float]]:
        """Total, reserved and allocation ratio of a host, by resource class."""
        room = self._rooms[compute]
        return {
            "VCPU": (room.vcpus, 0, room.cpu_ratio),
            "MEMORY_MB": (room.ram, room.reserved_ram, room.ram_ratio),
            "DISK_GB": (room.disk, 0, 1.0),
        } | {name: (amount, 0, 1.0) for name, amount in room.resources.items()}

    def usage(self, compute: Key) -> dict[str, int]:
        """What is taken of a host, by resource class."""
        taken: dict[str, int] = dict.fromkeys(self.inventory(compute), 0)
        for allocation in self.allocations(compute):
            for name, amount in allocation.resources.items():
                taken[name] = taken.get(name, 0) + amount
        return taken

    def fits(self, compute: Key, wanted: Mapping[str, int]) -> bool:
        """Whether a host has that much left. A resource class that it does not have fits nowhere."""
        inventory, taken = self.inventory(compute), self.usage(compute)
        return all(
            name in inventory
            and taken[name] + amount <= (inventory[name][0] - inventory[name][1]) * inventory[name][2]
            and amount <= inventory[name][0]
            for name, amount in wanted.items()
        )

    def has_room(self, compute: Key, flavor: FlavorSpec) -> bool:
        """Whether a server of this flavor fits on a host."""
        return self.fits(compute, resources_of(flavor))

    def load(self, compute: Key) -> int:
        """How much memory is taken of a host."""
        return self.usage(compute)["MEMORY_MB"]


def _all_servers(scenario: Scenario, hosts: list[tuple[str, str]]) -> Iterator[ServerSpec]:
    for machine, name in hosts:
        for number in range(1, scenario.servers_per_compute + 1):
            yield ServerSpec(f"vm-{name.split('.')[0]}-{number}", machine)
    yield from scenario.servers
