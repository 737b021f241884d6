"""Steps carried out by the openstack-ansible of their hop, one process at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Action, Manner, Opening, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.ansible import verdict
from stairlift.strategy.deployer.hops import hop_of
from stairlift.strategy.deployer.inventory import Groups, ask_groups
from stairlift.strategy.deployer.record import Deployer
from stairlift.strategy.deployer.review import hops_of, told, unknown_hosts
from stairlift.strategy.deployer.shell import Commands, demand_forward
from stairlift.strategy.openstack_ansible.commands import Cut, lines, must_work
from stairlift.strategy.openstack_ansible.hosts import Machines
from stairlift.strategy.openstack_ansible.options import Hop, read_options
from stairlift.strategy.openstack_ansible.playbooks import project_order
from stairlift.strategy.openstack_ansible.wrapper import version

_INSIDE_THE_ROLES: tuple[Action, ...] = ("db-expand", "db-migrate", "db-contract")
_OPENING = Opening(
    "prepare",
    "the machines of the control plane and their containers, those of database and broker without a restart; then "
    "the repository and the utility hosts, from which all others fetch what they install",
)
#: What the stage `prepare` cannot do here: see docs/how-to/use-openstack-ansible.md.
_NOT_AHEAD = "openstack-ansible stages nothing ahead, and renders no configuration to compare"
_WHOLE = "without a limit, since a cluster's role must see all its members"
_MANNER = Manner(
    projects="first-alone",
    absorbs={"*": _INSIDE_THE_ROLES},
    opening=_OPENING,
    order=project_order(),
    notes={
        **dict.fromkeys(("haproxy", "memcached", "mariadb", "rabbitmq"), _WHOLE),
        "prepare": f"it looks whether hosts answer and have room; {_NOT_AHEAD}",
        "keystone": "the role contracts the schema with the last host, once every other is of the new release",
        "nova": "the playbook ends with the online migrations, on the first conductor",
        "cinder": "schedulers, volumes and backups come before the APIs",
    },
)
_CONFIGURATION = Path("/etc/openstack_deploy")


class OpenstackAnsibleUpgradeStrategy:
    """Playbooks of openstack.osa, limited to containers and machines of the step, through the hop's own wrapper.

    One process at a time: every run writes the same fact cache and log on the deployment host, and a role takes the
    first host of its run for the one that changes the database. Nothing of the operator's is edited.
    """

    name: ClassVar[str] = "openstack-ansible"
    traits: ClassVar[Traits] = Traits(("cloud",), repeatable="always")
    #: It is given the `[[hop]]` tables as the option `hops`.
    per_hop: ClassVar[bool] = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)
        self._deployer: Deployer[None] = Deployer(self.name, version, _wrapper, _content)

    def capabilities(self) -> Capabilities:
        """A project on one host alone, then on the others, in the order of setup_openstack."""
        return Capabilities(concurrency="cloud", manner=_MANNER, repeatable=True)

    def freeze(self) -> Frozen:
        """Versions of openstack-ansible and ansible-core, inventory and configuration; see `Deployer`."""
        return self._deployer.record(self._options.hops)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:  # noqa: ARG002
        """What is missing, of another release, not in the inventory, or without a playbook."""
        usable, findings = hops_of(self._deployer, self._options.hops, steps)
        for hop in usable:
            findings += self._review(hop, [step for step in steps if step.target == hop.release])
        return tuple(findings)

    def _review(self, hop: Hop, steps: Sequence[Step]) -> Iterator[Finding]:
        try:
            groups = _groups(hop)
        except UsageError as wrong:
            yield told(wrong, str(hop.release))
            return
        unknown = tuple(unknown_hosts(hop, groups, self._options.names, steps))
        yield from unknown
        strangers = {finding.subject for finding in unknown}
        for step in (step for step in steps if not strangers & set(step.hosts)):
            try:
                lines(self._cut(step))
            except StairliftError as wrong:
                yield told(wrong, step.id)

    def job(self, assignment: Assignment) -> Job:
        """The script of the step's commands, with our callback plug-in added to those of the wrapper's configuration.

        Raises Refusal for a step that must not run: no host, no hop, no playbook for it, or an undo.
        """
        step = assignment.step
        demand_forward(self.name, assignment)
        commands = self._commands(step)
        return commands.job(assignment, self._deployer.settings(commands.hop))

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The commands that a person would type on the deployment host."""
        return self._commands(step).runbook()

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """As of any playbook, for the containers and machines that the step is about."""
        judged = verdict.judge(must_work(self._cut(assignment.step)), outcome, others=True)
        if judged.result != "done" or assignment.step.stage != "prepare":
            return judged
        return replace(judged, reason=f"every host answers and has room; {_NOT_AHEAD}", facts={})

    def _commands(self, step: Step) -> Commands:
        cut = self._cut(step)
        return Commands(cut.hop, lines(cut))

    def _cut(self, step: Step) -> Cut:
        names = self._options.names.of(step)
        hop = hop_of(self.name, self._options.hops, step)
        return Cut(step, hop, Machines(_groups(hop)), names)


#: The inventory is a program that takes seconds: asked once in a process for each hop.
@lru_cache(maxsize=16)
def _groups(hop: Hop) -> Groups:
    return ask_groups(hop, hop.command)


def _wrapper(hop: Hop) -> tuple[str, ...]:
    return hop.command


def _content(hop: Hop) -> Iterator[Path]:
    """The operator's configuration; the generated inventory and the facts that runs write change by themselves."""
    folder = hop.config_dir or _CONFIGURATION
    if folder.is_dir():
        names = ("*.yml", "*.yaml", "*.ini", "conf.d", "env.d", "group_vars", "host_vars")
        yield from (path for name in names for path in sorted(folder.glob(name)))
