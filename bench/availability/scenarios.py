"""What is to be proved, one scenario after the other. Each starts from a testbed at its base release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.availability.faults import FAULTS, Fault

By = Literal["stairlift", "ansible"]

#: Without a fault, the run is to be stopped by the first failed request: then it is not what was to be proved.
CAREFUL = {"cordon": "true", "drain": '"live-migrate"', "downtime_budget": "{ requests = 0 }"}
#: With one: the run pauses, and who stays silent is given up after some minutes.
STOPPING = CAREFUL | {"on_failure": '"pause"', "deadline": '{ control = "10m", resource = "10m" }', "retries": "0"}


@dataclass(frozen=True)
class Scenario:
    """One whole upgrade. `policy` is Stairlift's; `at_once` and `drain` are for Ansible by itself."""

    name: str
    by: By
    balancer: str
    policy: Mapping[str, str] | None = None
    at_once: str = "1"
    drain: bool = False
    fault: Fault | None = None

    @property
    def order(self) -> str:
        """In which it goes through the cloud: Ansible's is that of its playbook."""
        return self.policy["order"].strip('"') if self.policy else "service"


def _ours(order: str, number: int, balancer: str = "retrying") -> Scenario:
    policy = CAREFUL | {"order": f'"{order}"'}
    return Scenario(f"stairlift-{order}-{balancer}-{number}", "stairlift", balancer, policy)


def _broken(fault: Fault) -> Scenario:
    return Scenario(f"fault-{fault.name}", "stairlift", "retrying", STOPPING | {"order": '"service"'}, fault=fault)


def _theirs(how: str, balancer: str) -> Scenario:
    at_once = "100%" if how == "all-at-once" else "1"
    return Scenario(f"ansible-{how}-{balancer}", "ansible", balancer, at_once=at_once, drain=how == "serial-drained")


_ALL = (
    *(_ours(order, number) for order in ("node", "service") for number in (1, 2, 3)),
    *(_ours(order, 1, "plain") for order in ("node", "service")),
    *(_broken(fault) for fault in FAULTS),
    *(_theirs(how, way) for how in ("serial-drained", "serial", "all-at-once") for way in ("retrying", "plain")),
)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
