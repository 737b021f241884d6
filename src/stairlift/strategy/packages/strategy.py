"""Steps carried out by apt on the hosts, through a playbook of ours and the operator's own Ansible."""

import dataclasses
import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.plan import DATABASE_ACTIONS, Manner, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.packages.options import read_options
from stairlift.strategy.packages.work import commands, programs, service_rows, tasks_of

_PLAYBOOK = Path(__file__).with_name("playbook") / "upgrade.yml"


class PackagesUpgradeStrategy:
    """apt upgrades all OpenStack packages of a node together, since they share Python libraries; we restart in order.

    Command line, callback and verdict are the Ansible strategy's. Database steps run with the target's code, which is
    unpacked beside the installed one until the node has been upgraded.
    """

    name: ClassVar[str] = "packages"
    traits: ClassVar[Traits] = Traits(("host", "batch", "cloud"), repeatable="always")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)
        self._ansible = AnsibleUpgradeStrategy({**self._options.ansible, "playbook": str(_PLAYBOOK)})

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """What the Ansible strategy lacks."""
        return AnsibleUpgradeStrategy.lacking()

    def capabilities(self) -> Capabilities:
        """No undo: what wrote with new code cannot go back. A node's control step takes its other services along."""
        return dataclasses.replace(self._ansible.capabilities(), manner=Manner(whole_node=True))

    def freeze(self) -> Frozen:
        """What the Ansible strategy records: our playbook, the inventory, the configuration, ansible-core."""
        return self._ansible.freeze()

    def job(self, assignment: Assignment) -> Job:
        """ansible-playbook with our playbook and what it is told about the step.

        Raises Refusal for a step that packages have no part in, and what the Ansible strategy refuses.
        """
        job = self._ansible.job(assignment)
        return dataclasses.replace(job, argv=(*job.argv, *self._told(assignment.step)))

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The same command, to be pasted into a shell."""
        told = shlex.join(self._told(step))
        return tuple(f"{line} {told}" for line in self._ansible.runbook(step))

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """What Ansible's report means for the step."""
        return self._ansible.judge(assignment, outcome)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        """Steps that packages have no part in, an order that shared libraries cannot keep, and what Ansible says."""
        ours = (*_impossible(steps, self._options.cells), *_scattered(steps))
        return (*ours, *self._ansible.review(steps, cloud))

    def _told(self, step: Step) -> tuple[str, ...]:
        """Further variables; the services in their order, and what only this step needs."""
        told: dict[str, Any] = {
            "packages_tasks": tasks_of(step),
            "packages_services": service_rows(step),
            "packages_apt": self._options.apt(step.target),
            "packages_become": self._options.become,
            "packages_settle": self._options.settle,
        }
        if step.action in DATABASE_ACTIONS:
            told["packages_commands"] = commands(step, self._options.cells)
        return ("-e", json.dumps(told))


def _impossible(steps: Sequence[Step], cells: Sequence[str]) -> Iterator[Finding]:
    for step in steps:
        try:
            tasks_of(step)
            programs(step)
            if step.action in DATABASE_ACTIONS:
                commands(step, cells)
        except Refusal as refused:
            yield Finding(refused.code, "error", step.id, refused.brief, refused.resolution)


def _scattered(steps: Sequence[Step]) -> Iterator[Finding]:
    """Service by service, the first step of a node changes the files of all the others."""
    control = [step for step in steps if step.action == "upgrade" and step.stage == "control"]
    visits = Counter((step.target, host) for step in control for host in step.hosts)
    for (target, host), count in visits.items():
        if count > 1:
            yield Finding(
                "packages.scattered",
                "warning",
                host,
                f"{count} steps upgrade {host} to {target}, but its packages share libraries: the first of them "
                "installs all, and the services of the others run old code from new files until their turn",
                'Set order = "node" in [policy].',
            )
