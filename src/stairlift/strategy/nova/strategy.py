"""`use = "nova"`: cordon, drain and uncordon of hypervisors, through Nova's own API."""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.before import details
from stairlift.strategy.nova import cordon, masakari, stopped
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.draining import drain_options
from stairlift.strategy.nova.options import read_options
from stairlift.strategy.nova.request import Kind, Request, kind_of, reason_of
from stairlift.strategy.own_job import effect_documents, judge_own, own_job
from stairlift.strategy.words import required_hosts, required_services

_MODULE = "stairlift.strategy.nova"
#: What takes a host out; a drain begins with it, too, in case that it is retried by itself.
_FENCES: frozenset[Kind] = frozenset({"cordon", "drain"})


class NovaUpgradeStrategy:
    """Takes hypervisors out of Nova's choice before they are upgraded, and gives them back afterwards.

    What it disables carries `stairlift RUN STEP` as its reason. It never enables what carries another.
    """

    name: ClassVar[str] = "nova"
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
        """A cordon for each host, and maintenance where the cloud has Masakari."""
        if kind_of(assignment) not in _FENCES:
            return ()
        mark = {"reason": reason_of(assignment)}
        found = [Intention("cordon", host, mark) for host in required_hosts(assignment.step)]
        if kind_of(assignment) == "drain":
            found += [stopped.intention(host) for host in required_hosts(assignment.step)]
        if self._options.masakari:
            found += [Intention("masakari", h, details(assignment.folder)) for h in assignment.step.hosts]
        return tuple(found)

    def job(self, assignment: Assignment) -> Job:
        """A process that asks Nova. Raises Refusal for an action that is none of its own, or a step without hosts."""
        kind = kind_of(assignment)
        if kind is None:
            raise Refusal(
                code="strategy.action",
                brief=f"strategy 'nova' does cordon, drain and uncordon, not {assignment.step.action}",
                resolution="Let its [[strategy]] entry match these actions alone.",
            )
        return own_job(_MODULE, self._request(kind, assignment).document(), assignment)

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
        if effect.kind == "masakari":
            masakari.Maintenance(client).end(effect)
            return ""
        if effect.kind == stopped.KIND:
            return stopped.start_again(Desk(client), effect)
        return cordon.put_back(ComputeServices(client), effect.subject, str(effect.details.get("reason")))

    def _request(self, kind: Kind, assignment: Assignment) -> Request:
        return Request(
            kind=kind,
            hosts=required_hosts(assignment.step),
            reason=reason_of(assignment),
            services=required_services(assignment.step),
            effects=tuple(effect_documents(assignment.effects)),
            os_cloud=self._options.os_cloud,
            masakari=self._options.masakari,
            up_within=self._options.up_within,
            options=self._of_a_drain(assignment) if kind == "drain" else {},
            lenient=assignment.undo,
        )

    def _of_a_drain(self, assignment: Assignment) -> Mapping[str, Any]:
        if self._options.drain == "never":
            return {}
        return drain_options(assignment, self._options.drain, self._options.migrations)


def _disable(step: Step, host: str) -> tuple[str, ...]:
    why = f"stairlift RUN {step.id}"
    return ("openstack", "compute", "service", "set", "--disable", "--disable-reason", why, host, "nova-compute")


def _enable(_step: Step, host: str) -> tuple[str, ...]:
    return ("openstack", "compute", "service", "set", "--enable", host, "nova-compute")
