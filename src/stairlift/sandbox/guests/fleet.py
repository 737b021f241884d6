"""What happens to servers: they boot, move, stop, start and are deleted.

Nothing ticks. What is under way is brought up to date by `settle` before anybody looks, and before a program is stopped
or started, so that what was done by then counts as done.

A server that is being built when its nova-compute starts ends in ERROR, whether the request had reached it or not
(nova/compute/manager.py, _error_out_instances_whose_build_was_interrupted); one whose Open vSwitch agent is away is
built on another host; a live migration lasts while both ends run. That was seen on the testbed, too, whose upgrade in
tests/real/test_upgrade.py makes servers all the time; tests/real/test_sandbox_servers.py compares the documents.
"""

from stairlift.sandbox.guests.guest import Guest, Migration
from stairlift.sandbox.guests.register import GuestRegister
from stairlift.sandbox.guests.scheduling import Scheduler
from stairlift.sandbox.records.nova import NovaRecords
from stairlift.sandbox.tenants import ServerSpec
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

NO_VALID_HOST = "No valid host was found. "
INTERRUPTED = "Build of instance was interrupted: nova-compute was restarted."
_BRAINS = ("nova-conductor", "nova-scheduler")
_L2 = "neutron-openvswitch-agent"
#: Nova's [scheduler]max_attempts.
_ATTEMPTS = 3


class Fleet:
    """The servers of a cloud in time.

    `broken` and `stalled` name servers or machines (or "*") whose next migration fails or never ends, once for each.
    """

    def __init__(self, world: World, nova: NovaRecords) -> None:
        self._world = world
        self.register = GuestRegister(world, nova)
        self._scheduler = Scheduler(world, nova, self.register)
        self._building: dict[str, tuple[Guest, float]] = {}
        self._moving: list[Migration] = []
        self._powering: dict[str, tuple[Guest, float]] = {}
        self.stalled: list[str] = []
        self.broken: list[str] = []
        world.before_change = self.settle

    def settle(self, now: float) -> None:
        """Bring everything that is under way to where it is at this moment."""
        for guest, due in list(self._building.values()):
            self._build(guest, due, now)
        for migration in list(self._moving):
            self._advance(migration, now)
        for guest, due in list(self._powering.values()):
            self._power(guest, due, now)

    def boot(self, uuid: str, spec: ServerSpec, now: float, wanted: Key | None = None) -> Guest:
        """A new server, to be built as soon as somebody schedules it; `wanted` leaves it one host only."""
        flavor, tags = self.register.flavors[spec.flavor], set(spec.tags)
        guest = Guest(uuid, spec, flavor, None, "building", now, "scheduling", now, wanted=wanted, tags=tags)
        self.register.add(guest)
        self._building[uuid] = (guest, 0.0)
        self.settle(now)
        return guest

    def delete(self, guest: Guest) -> None:
        """Delete a server, whatever it is doing."""
        self._building.pop(guest.uuid, None)
        self._powering.pop(guest.uuid, None)
        for migration in [m for m in self._moving if m.guest is guest]:
            self._end(migration, "error", migration.updated)
        self.register.remove(guest)

    def migrate_live(self, guest: Guest, now: float, target: Key | None = None) -> Migration:
        """Begin to move a running server."""
        return self._begin(guest, "live-migration", now, target)

    def migrate_cold(self, guest: Guest, now: float, target: Key | None = None) -> Migration:
        """Begin to move a server that is stopped for it."""
        guest.was = guest.vm_state
        return self._begin(guest, "migration", now, target)

    def _begin(self, guest: Guest, kind: str, now: float, target: Key | None) -> Migration:
        guest.task = "migrating" if kind == "live-migration" else "resize_prep"
        guest.updated = now
        migration = self.register.migration(guest, kind, now, target)
        self._moving.append(migration)
        self.settle(now)
        return migration

    def confirm(self, guest: Guest, now: float) -> None:
        """Keep a server where it was moved."""
        self._close(guest, "confirmed", now)

    def revert(self, guest: Guest, now: float) -> None:
        """Bring a server back to where it was before it was moved."""
        migration = self._close(guest, "reverted", now)
        if migration:
            self.register.place(guest, migration.source)

    def _close(self, guest: Guest, status: str, now: float) -> Migration | None:
        made = [m for m in self.register.migrations.values() if m.guest is guest and m.status == "finished"]
        for migration in made:
            migration.status, migration.updated = status, now
        guest.vm_state, guest.task, guest.updated = guest.was, None, now
        return made[-1] if made else None

    def abort(self, migration: Migration, now: float) -> None:
        """Give up a live migration; the server stays where it is."""
        self._end(migration, "cancelled", now)

    def set_power(self, guest: Guest, now: float, *, on: bool) -> None:
        """Stop or start a server; it takes its nova-compute to do it."""
        guest.task, guest.updated = "powering-on" if on else "powering-off", now
        self._powering[guest.uuid] = (guest, now + self._world.scenario.timing.power)

    def _power(self, guest: Guest, due: float, now: float) -> None:
        if now < due or guest.compute is None or not self._runs(guest.compute, now):
            return
        guest.vm_state = "active" if guest.task == "powering-on" else "stopped"
        guest.task, guest.updated = None, due
        self._powering.pop(guest.uuid, None)

    def _build(self, guest: Guest, due: float, now: float) -> None:
        if guest.compute is None:
            self._schedule(guest, now)
        elif self._world.lives[guest.compute].starts != guest.assigned:
            self._fail(guest, INTERRUPTED, now)
        elif now >= due and self._runs(guest.compute, now):
            if self._has_network(guest.compute, now):
                self._building.pop(guest.uuid, None)
                guest.vm_state, guest.task, guest.updated = "active", None, due
            else:
                guest.tried.add(guest.compute)
                self.register.place(guest, None)
                self._schedule(guest, now)

    def _schedule(self, guest: Guest, now: float) -> None:
        if not self._brains(now):
            return
        key = self._scheduler.pick(guest, now) if len(guest.tried) < _ATTEMPTS else None
        if key is None:
            self._fail(guest, NO_VALID_HOST, now)
            return
        self.register.place(guest, key)
        guest.task, guest.assigned = "spawning", self._world.lives[key].starts
        self._building[guest.uuid] = (guest, now + self._world.scenario.timing.boot)

    def _fail(self, guest: Guest, why: str, now: float) -> None:
        self._building.pop(guest.uuid, None)
        guest.vm_state, guest.task, guest.fault, guest.updated = "error", None, why, now

    def _advance(self, migration: Migration, now: float) -> None:
        if migration.status in {"accepted", "queued"} and not self._prepare(migration, now):
            return
        if migration.dest is None or not (self._runs(migration.source, now) and self._runs(migration.dest, now)):
            self._end(migration, "error", now)
        elif now >= migration.due:
            self._arrive(migration, now)

    def _prepare(self, migration: Migration, now: float) -> bool:
        """Find a destination and a free slot; false while it waits, or if it has ended here."""
        if not self._brains(now):
            return False
        if migration.dest is None:
            migration.dest = self._scheduler.pick(migration.guest, now, migration.target)
        if migration.dest is None or _immovable(migration):
            migration.guest.fault = NO_VALID_HOST if migration.dest is None else "Migration pre-check error"
            self._end(migration, "error", now)
            return False
        live = migration.type == "live-migration"
        if live and any(m.status == "running" and m.source == migration.source for m in self._moving):
            migration.status = "queued"
            return False
        timing = self._world.scenario.timing
        migration.due = now + (timing.live_migration if live else timing.cold_migration)
        migration.status, migration.updated = "running" if live else "migrating", now
        self._apply_faults(migration, now)
        return migration in self._moving

    def _apply_faults(self, migration: Migration, now: float) -> None:
        names = {migration.guest.uuid, migration.guest.spec.name, migration.source[0], "*"}
        if broken := next((one for one in self.broken if one in names), None):
            self.broken.remove(broken)
            self._end(migration, "error", now)
        elif stalled := next((one for one in self.stalled if one in names), None):
            self.stalled.remove(stalled)
            migration.due = float("inf")

    def _arrive(self, migration: Migration, now: float) -> None:
        guest, live = migration.guest, migration.type == "live-migration"
        self.register.place(guest, migration.dest)
        guest.vm_state = guest.vm_state if live else "resized"
        self._end(migration, "completed" if live else "finished", min(migration.due, now))

    def _end(self, migration: Migration, status: str, now: float) -> None:
        migration.status, migration.updated = status, now
        migration.guest.task, migration.guest.updated = None, now
        if migration in self._moving:
            self._moving.remove(migration)

    def _brains(self, now: float) -> bool:
        """Whether somebody schedules; what the cloud does not have at all is not missed."""
        world = self._world
        there = all(world.running(b, now) or not world.places(b) for b in _BRAINS)
        return there and not world.hearing.bus_away

    def _runs(self, key: Key, now: float) -> bool:
        return key in self._world.running(key[1], now)

    def _has_network(self, compute: Key, now: float) -> bool:
        agent = (compute[0], _L2)
        return agent not in self._world.lives or agent in self._world.running(_L2, now)


def _immovable(migration: Migration) -> bool:
    """What the drivers refuse in their checks before a live migration: devices that are passed through."""
    specs = migration.guest.flavor.extra_specs
    return migration.type == "live-migration" and any(key.startswith("pci_passthrough:") for key in specs)
