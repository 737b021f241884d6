"""How carefully to go: the operator's policy, as written, before it meets a cloud of a certain size."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from stairlift.model.plan import RETRIES, RETRY_AFTER, Stage

Order = Literal["node", "service"]
OnFailure = Literal["stop", "pause", "ask"]


@dataclass(frozen=True, slots=True)
class Share:
    """A number of hosts, or a percentage of those that it is asked about."""

    amount: float
    percent: bool = False

    def of(self, hosts: int, *, least: int) -> int:
        """How many of `hosts` that is; a percentage is rounded down, never below `least`."""
        # through its text: 0.57 percent of 10,000 hosts are 57, and in binary floating point a little less
        count = int(hosts * Decimal(str(self.amount)) / 100) if self.percent else int(self.amount)
        return max(least, count)

    def __str__(self) -> str:
        return f"{self.amount:g}%" if self.percent else f"{self.amount:g}"


#: Where a run stops for a person's approval beside one-way steps, which always ask: before anything is changed, once
#: the canary has come through, before every further batch of hosts.
ApprovalGate = Literal["start", "canary", "batch"]


#: What becomes of the servers of a hypervisor before its services are upgraded. "never": they stay, as an upgrade of
#: services does not touch guests. "wait-empty": until their owners have removed them.
Drain = Literal["never", "live-migrate", "cold", "wait-empty"]


#: Which of OVN's programs go first: the chassis, or, where they are pinned to the version of northd, the databases.
OvnOrder = Literal["controller-first", "pinned"]


@dataclass(frozen=True, slots=True)
class Migrations:
    """How many servers may move at a time: away from one host, and in the whole cloud."""

    host: int = 1
    cloud: int = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """The `[policy]` table. Keys of the mappings are planes, roles or zones; defaults are the Contract's.

    `deadline` is in seconds, of one attempt; `retries` is how often what a strategy calls temporary begins anew by
    itself, `retry_after` the seconds before the first of these, which double each time. `cordon` keeps new servers off
    a hypervisor while it is upgraded, `drain_networks` lets others serve the networks of a network node meanwhile.
    `ovn_order` is which of OVN's own procedures is followed, where a plan upgrades OVN.
    `downtime_budget` is in seconds by API ("*": each), and "requests" is how many may fail altogether; empty where the
    run is not to be judged by it.
    """

    order: Order | None = None
    canary: int = 1
    max_unavailable: Mapping[str, Share] = field(default_factory=dict)
    failure_budget: Mapping[str, Share] = field(default_factory=dict)
    on_failure: OnFailure = "stop"
    approve: tuple[ApprovalGate, ...] = ()
    deadline: Mapping[str, int] = field(default_factory=dict)
    retries: int = RETRIES
    retry_after: int = RETRY_AFTER
    stop_after: Stage | None = None
    cordon: bool = False
    drain: Drain = "never"
    migrations: Migrations = Migrations()
    drain_networks: bool = False
    ovn_order: OvnOrder = "controller-first"
    downtime_budget: Mapping[str, float] = field(default_factory=dict)
