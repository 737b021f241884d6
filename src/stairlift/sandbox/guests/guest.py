"""A server and a migration, as Nova's database holds them.

The words and how they become a status are Nova's (nova/api/openstack/common.py, nova/objects/migration.py).
tests/real/test_sandbox_servers.py compares them with the testbed's Nova.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stairlift.sandbox.tenants import FlavorSpec, ServerSpec
from stairlift.sandbox.world.hearing import Key

_STATUS: Mapping[str, str] = {
    "active": "ACTIVE",
    "building": "BUILD",
    "stopped": "SHUTOFF",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "rescued": "RESCUE",
    "resized": "VERIFY_RESIZE",
    "error": "ERROR",
    "shelved": "SHELVED",
    "shelved_offloaded": "SHELVED_OFFLOADED",
    "soft-delete": "SOFT_DELETED",
}
_DURING: Mapping[str, str] = {
    "migrating": "MIGRATING",
    "resize_prep": "RESIZE",
    "resize_migrating": "RESIZE",
    "resize_migrated": "RESIZE",
    "resize_finish": "RESIZE",
    "rebuilding": "REBUILD",
    "rebuild_spawning": "REBUILD",
    "rebooting": "REBOOT",
    "reboot_started": "REBOOT",
    "rebooting_hard": "HARD_REBOOT",
}
#: The vm_states in which a task shows in the status.
_BUSY = frozenset({"active", "stopped", "paused"})
_POWER: Mapping[str, int] = {"active": 1, "paused": 3, "stopped": 4, "suspended": 4, "resized": 1, "rescued": 1}

#: What os-migrateLive accepts (nova/compute/api.py).
LIVE = frozenset({"active", "paused"})
#: What migrate accepts.
COLD = frozenset({"active", "stopped"})
#: What a migration ends with.
ENDED = frozenset({"completed", "error", "failed", "cancelled", "confirmed", "reverted"})
#: The live migrations that servers/{id}/migrations lists.
IN_PROGRESS = frozenset({"queued", "preparing", "running", "post-migrating"})


@dataclass(slots=True, eq=False)
class Guest:
    """A server. `compute` is where it runs, None before it is scheduled and where it is shelved.

    `assigned` is how often that nova-compute had been started when the server was sent to it, `tried` are the hosts
    that could not build it, `wanted` is the only one that may, `was` the vm_state before a cold migration.
    """

    uuid: str
    spec: ServerSpec
    flavor: FlavorSpec
    compute: Key | None
    vm_state: str
    created: float
    task: str | None = None
    updated: float = 0.0
    fault: str = ""
    assigned: int = 0
    was: str = "active"
    wanted: Key | None = None
    tried: set[Key] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)

    @property
    def status(self) -> str:
        """The word that users see."""
        during = _DURING.get(self.task or "") if self.vm_state in _BUSY else None
        return during or _STATUS.get(self.vm_state, "UNKNOWN")

    @property
    def power_state(self) -> int:
        """1 running, 3 paused, 4 shut down, 0 nothing known."""
        return _POWER.get(self.vm_state, 0)


@dataclass(slots=True, eq=False)
class Migration:
    """One move of a server; `type` is live-migration or migration. `target` is what the caller asked for."""

    number: int
    uuid: str
    guest: Guest
    type: str
    source: Key
    created: float
    target: Key | None = None
    dest: Key | None = None
    status: str = "accepted"
    updated: float = 0.0
    due: float = 0.0

    @property
    def in_progress(self) -> bool:
        """Whether it is a live migration on its way, of which users can see how far it is."""
        return self.type == "live-migration" and self.status in IN_PROGRESS

    @property
    def holds_source(self) -> bool:
        """Whether the source still has room taken for it: by the migration, as the server holds the destination."""
        return self.dest is not None and self.status not in ENDED
