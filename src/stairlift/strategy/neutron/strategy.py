"""`use = "neutron"`: drain and uncordon of network nodes, through Neutron's own API.

`admin_state_up = false` is never set: by default the agent of a node that is switched off so is told to do nothing any
more, and tears its routers and DHCP servers down (neutron.conf, enable_services_on_agents_with_admin_state_down).
"""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from stairlift.model.effect import Effect, Intention
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.before import details
from stairlift.strategy.neutron.options import read_options
from stairlift.strategy.neutron.shifting import KIND
from stairlift.strategy.own_job import judge_own
from stairlift.strategy.own_program import CAPABILITIES, TRAITS, OwnProgram
from stairlift.strategy.words import required_hosts

PROGRAM = OwnProgram(
    name="neutron",
    module="stairlift.strategy.neutron",
    kinds={"drain": "drain", "uncordon": "uncordon"},
    back={"drain": "uncordon", "uncordon": "drain"},
)


class NeutronUpgradeStrategy:
    """Sees that DHCP and routers of a network node are looked after elsewhere while its agents are upgraded.

    Every network gets a second DHCP agent, every HA router has exactly one active copy and a living one elsewhere.
    """

    name: ClassVar[str] = PROGRAM.name
    traits: ClassVar[Traits] = TRAITS

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)

    def capabilities(self) -> Capabilities:
        """Those of every program of ours."""
        return CAPABILITIES

    def freeze(self) -> Frozen:
        """Nothing: it calls no program and reads no file of the operator's."""
        return Frozen()

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:
        """Second agents, and routers that moved, for the first host of the step."""
        if PROGRAM.kind_of(assignment) == "drain":
            return (Intention(KIND, required_hosts(assignment.step)[0], details(assignment.folder)),)
        return ()

    def job(self, assignment: Assignment) -> Job:
        """A process that asks Neutron. Raises Refusal for an action of others, or a step without hosts."""
        return PROGRAM.job(assignment, self._options.document())

    def runbook(self, step: Step) -> tuple[str, ...]:
        """Where a person would look, and what to do for each network."""
        hosts = required_hosts(step)
        look = [shlex.join(("openstack", "network", "agent", "list", "--host", host)) for host in hosts]
        add = "openstack network agent add network --dhcp OTHER_AGENT NETWORK  # each that only this node serves"
        remove = "openstack network agent remove network --dhcp OTHER_AGENT NETWORK  # each that was added"
        return (*look, add if step.action == "drain" else remove)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:  # noqa: ARG002
        """As the process has told."""
        return judge_own(outcome)

    def restore(self, effect: Effect) -> str:
        """Take off the agents that we added, move back what we moved; "", or what stays. Raises SourceTrouble."""
        from stairlift.openstack.client import SessionCloudClient
        from stairlift.strategy.neutron.desk import Desk
        from stairlift.strategy.neutron.shifting import Shifting
        from stairlift.strategy.own_job import Notes

        client = SessionCloudClient.from_config(self._options.os_cloud)
        return Shifting(Desk(client), Notes(""), within=0).undo(effect)
