"""The sockets of the house: every Protocol, by what it is for. Edges fill them, `wiring` plugs them in."""

from stairlift.ports.executing import Claims, Dispatch, Executor
from stairlift.ports.journal import Journal, Records, Store
from stairlift.ports.notifying import Notifier, Outbox
from stairlift.ports.plugins import (
    Affecting,
    Check,
    Following,
    InventoryManager,
    Lacking,
    StepReviewer,
    UpgradeStrategy,
)
from stairlift.ports.running import (
    Assent,
    FreshnessProbe,
    FrozenGuard,
    Gatekeeper,
    Inquiry,
    Looked,
    Meter,
    StepGate,
    Surroundings,
)
from stairlift.ports.serving import Keys, Library, Receipt, Receipts
from stairlift.ports.world import Answer, Clock, CloudClient, Remote, RemoteOutput, UrlReader

__all__ = [
    "Affecting",
    "Answer",
    "Assent",
    "Check",
    "Claims",
    "Clock",
    "CloudClient",
    "Dispatch",
    "Executor",
    "Following",
    "FreshnessProbe",
    "FrozenGuard",
    "Gatekeeper",
    "Inquiry",
    "InventoryManager",
    "Journal",
    "Keys",
    "Lacking",
    "Library",
    "Looked",
    "Meter",
    "Notifier",
    "Outbox",
    "Receipt",
    "Receipts",
    "Records",
    "Remote",
    "RemoteOutput",
    "StepGate",
    "StepReviewer",
    "Store",
    "Surroundings",
    "UpgradeStrategy",
    "UrlReader",
]
