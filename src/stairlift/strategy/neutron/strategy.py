"""`use = "neutron"`: drain and uncordon of network nodes, through Neutron's own API.

`admin_state_up = false` is never set: by default the agent of a node that is switched off so is told to do nothing any
more, and tears its routers and DHCP servers down (neutron.conf, enable_services_on_agents_with_admin_state_down).
"""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.before import details
from stairlift.strategy.neutron.options import read_options
from stairlift.strategy.neutron.shifting import KIND
from stairlift.strategy.own_job import effect_documents, judge_own, own_job
from stairlift.strategy.words import required_hosts, required_services

_MODULE = "stairlift.strategy.neutron"


class NeutronUpgradeStrategy:
    """Sees that DHCP and routers of a network node are looked after elsewhere while its agents are upgraded.

    Every network gets a second DHCP agent, every HA router has exactly one active copy and a living one elsewhere.
    """

    name: ClassVar[str] = "neutron"
    traits: ClassVar[Traits] = Traits(("host",), undo="always", repeatable="always")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)

    def capabilities(self) -> Capabilities:
        """Everything that it does can be done again from its beginning, and the other way round."""
        return Capabilities("host", undo=True, repeatable=True)

    def freeze(self) -> Frozen:
        """Nothing: it calls no program and reads no file of the operator's."""
        return Frozen()

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:
        """Second agents, and routers that moved, for the first host of the step."""
        if _drains(assignment):
            return (Intention(KIND, required_hosts(assignment.step)[0], details(assignment.folder)),)
        return ()

    def job(self, assignment: Assignment) -> Job:
        """A process that asks Neutron. Raises Refusal for an action of others, or a step without hosts."""
        if assignment.step.action not in ("drain", "uncordon"):
            raise Refusal(
                code="strategy.action",
                brief=f"strategy 'neutron' does drain and uncordon, not {assignment.step.action}",
                resolution="Let its [[strategy]] entry match these actions alone.",
            )
        request = {
            "kind": "drain" if _drains(assignment) else "uncordon",
            "hosts": list(required_hosts(assignment.step)),
            "services": list(required_services(assignment.step)),
            "effects": list(effect_documents(assignment.effects)),
            "lenient": assignment.undo,
            **self._options.document(),
        }
        return own_job(_MODULE, request, assignment)

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


def _drains(assignment: Assignment) -> bool:
    """A step that is taken back does the opposite: its host goes out for the time in which the rest is taken back."""
    return (assignment.step.action == "drain") != assignment.undo
