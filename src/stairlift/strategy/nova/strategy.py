"""`use = "nova"`: cordon, drain and uncordon of hypervisors, through Nova's own API."""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from stairlift.model.effect import Effect, Intention
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.before import details
from stairlift.strategy.nova import cordon, masakari, stopped
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.draining import drain_options
from stairlift.strategy.nova.options import read_options
from stairlift.strategy.nova.request import PROGRAM, reason_of
from stairlift.strategy.own_job import judge_own
from stairlift.strategy.own_program import CAPABILITIES, TRAITS
from stairlift.strategy.words import required_hosts

#: What takes a host out; a drain begins with it, too, in case that it is retried by itself.
_FENCES = frozenset({"cordon", "drain"})


class NovaUpgradeStrategy:
    """Takes hypervisors out of Nova's choice before they are upgraded, and gives them back afterwards.

    What it disables carries `stairlift RUN STEP` as its reason. It never enables what carries another.
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
        """A cordon for each host, and maintenance where the cloud has Masakari."""
        kind = PROGRAM.kind_of(assignment)
        if kind not in _FENCES:
            return ()
        mark = {"reason": reason_of(assignment)}
        found = [Intention("cordon", host, mark) for host in required_hosts(assignment.step)]
        if kind == "drain":
            found += [stopped.intention(host) for host in required_hosts(assignment.step)]
        if self._options.masakari:
            found += [Intention(masakari.KIND, h, details(assignment.folder)) for h in assignment.step.hosts]
        return tuple(found)

    def job(self, assignment: Assignment) -> Job:
        """A process that asks Nova. Raises Refusal for an action that is none of its own, or a step without hosts."""
        return PROGRAM.job(assignment, self._told(assignment))

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The same by the `openstack` command."""
        typed = {"cordon": _disable, "uncordon": _enable}.get(step.action)
        return tuple(shlex.join(typed(step, host)) for host in required_hosts(step)) if typed else ()

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:  # noqa: ARG002
        """As the process has told."""
        return judge_own(outcome)

    def restore(self, effect: Effect) -> str:
        """Enable what carries our reason still; let Masakari watch what it watched before us. Raises SourceTrouble."""
        from stairlift.openstack.client import SessionCloudClient
        from stairlift.strategy.nova.services import ComputeServices

        client = SessionCloudClient.from_config(self._options.os_cloud)
        if effect.kind == masakari.KIND:
            masakari.Maintenance(client).end(effect)
            return ""
        if effect.kind == stopped.KIND:
            return stopped.start_again(Desk(client), effect)
        return cordon.put_back(ComputeServices(client), effect.subject, str(effect.details.get("reason")))

    def _told(self, assignment: Assignment) -> Mapping[str, Any]:
        """As `Request` has it."""
        return {
            "reason": reason_of(assignment),
            "os_cloud": self._options.os_cloud,
            "masakari": self._options.masakari,
            "up_within": self._options.up_within,
            "drain": self._of_a_drain(assignment),
        }

    def _of_a_drain(self, assignment: Assignment) -> Mapping[str, Any]:
        if PROGRAM.kind_of(assignment) != "drain" or self._options.drain == "never":
            return {}
        return drain_options(assignment, self._options.drain, self._options.migrations)


def _disable(step: Step, host: str) -> tuple[str, ...]:
    why = f"stairlift RUN {step.id}"
    return ("openstack", "compute", "service", "set", "--disable", "--disable-reason", why, host, "nova-compute")


def _enable(_step: Step, host: str) -> tuple[str, ...]:
    return ("openstack", "compute", "service", "set", "--enable", host, "nova-compute")
