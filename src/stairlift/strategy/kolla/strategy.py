"""Steps carried out by the kolla-ansible of their hop, one process at a time."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding
from stairlift.model.plan import Action, Manner, Opening, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.deployer.hops import hop_of
from stairlift.strategy.deployer.record import Deployer, said_version
from stairlift.strategy.deployer.shell import Commands, demand_forward
from stairlift.strategy.kolla import verdict
from stairlift.strategy.kolla.commands import Line, lines
from stairlift.strategy.kolla.installed import playbook_folder
from stairlift.strategy.kolla.options import Hop, KollaHop, configuration, read_options
from stairlift.strategy.kolla.review import review
from stairlift.strategy.kolla.tags import project_order

_EVERYTHING_ONCE: tuple[Action, ...] = ("db-expand", "db-migrate", "db-contract", "unpin")
_OPENING = Opening(
    "prepare",
    "the facts of all hosts, gathered once: a run that is limited to some hosts gathers those of all others by itself, "
    "one after another, each time; then the containers in which kolla-ansible's own tasks run",
)
_NOTES = {
    "nova-conductor": "its reload and its online migrations are left for the end",
    "db-migrate": "every nova-compute is reloaded before; both go without this host as a limit, since kolla-ansible "
    "does what happens once on the first host of a group",
    "nova-compute": "one run for the whole batch, since two at a time would stop each other's bootstrap containers",
}
_QUEUES = (
    "on the way to {hops} its queues change their type, before anything is upgraded: all that speaks to it stops, so "
    "every API is down until the broker has forgotten its queues and the services run again"
)
#: The files of a configuration folder that are the operator's; where hosts share it, the rest is rendered by runs.
_CONFIGURATION = ("globals.yml", "globals.d", "passwords.yml", "config", "certificates", "ansible.cfg")


class KollaAnsibleUpgradeStrategy:
    """Tags of site.yml, limited to the step's hosts, through the kolla-ansible that `[[hop]]` names for the release.

    One process at a time: each limited run starts bootstrap containers of fixed names on the first server of a
    group (`bootstrap_neutron`), and another run at the same time would stop them. Nothing of the operator's is edited.
    """

    name: ClassVar[str] = "kolla-ansible"
    traits: ClassVar[Traits] = Traits(("cloud",), repeatable="always")
    #: It is given the `[[hop]]` tables as the option `hops`.
    per_hop: ClassVar[bool] = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)
        self._deployer: Deployer[KollaHop] = Deployer(self.name, said_version, _ansible, _content)

    def capabilities(self) -> Capabilities:
        """Projects in one go with what happens once to their databases, in the order of kolla-ansible's plays."""
        changing = [str(hop.release) for hop in self._options.hops.values() if hop.more.queue_type_change]
        queues = {"rabbitmq": _QUEUES.format(hops=" and ".join(changing))} if changing else {}
        manner = Manner(
            projects="together",
            absorbs={"*": _EVERYTHING_ONCE, "nova": ("db-expand",)},
            whole_node=True,
            opening=_OPENING,
            order=project_order(),
            notes=_NOTES | queues,
        )
        return Capabilities(concurrency="cloud", manner=manner, repeatable=True)

    def freeze(self) -> Frozen:
        """Versions of kolla-ansible and ansible-core, its playbooks, inventory and configuration; see `Deployer`."""
        return self._deployer.record(self._options.hops)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:  # noqa: ARG002
        """What is missing, of another release, or not known to the inventory or the playbooks."""
        return tuple(review(self._deployer, self._options, steps))

    def job(self, assignment: Assignment) -> Job:
        """The script of the step's commands, with our callback plug-in and a fact cache added by the environment.

        Raises Refusal for a step that must not run: no host, no hop, nothing that does it, or an undo.
        """
        step = assignment.step
        demand_forward(self.name, assignment)
        folders = _folders(step, str(assignment.folder), str(Path(assignment.folder).parents[1]))
        settings = self._deployer.settings(hop_of(self.name, self._options.hops, step))
        return self._commands(step, folders).job(assignment, settings)

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The commands that a person would type; the folders for facts and differences are those of stairlift.toml."""
        folder = str(hop_of(self.name, self._options.hops, step).folder)
        return self._commands(step, _folders(step, f"{folder}/prepared-{step.target}", folder)).runbook()

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """See `verdict.judge`."""
        return verdict.judge(self._options.names.of(assignment.step), assignment, outcome)

    def _commands(self, step: Step, env: Mapping[str, str]) -> Commands:
        parts = _by_hop(lines(self.name, self._options, step))
        behind: Commands | None = None
        for hop, mine in reversed(parts):
            behind = Commands(hop, mine, env if hop is parts[0][0] else {}, behind)
        assert behind is not None  # every step has a command  # noqa: S101
        return behind


def _by_hop(made: Sequence[Line]) -> list[tuple[Hop, tuple[tuple[str, ...], ...]]]:
    return [(mine[0].hop, tuple(line.words for line in mine)) for mine in _runs(made)]


def _runs(made: Sequence[Line]) -> Iterator[list[Line]]:
    for _, run in groupby(made, key=lambda line: line.hop.command):
        yield list(run)


def _folders(step: Step, attempt: str, run: str) -> Mapping[str, str]:
    """Where Ansible keeps facts, so that each run after the first finds them, and our playbooks what they found."""
    facts = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": f"{run}/facts-{step.target}",
        "ANSIBLE_CACHE_PLUGIN_TIMEOUT": "0",
    }
    return {**facts, "STAIRLIFT_FOLDER": attempt} if step.stage == "prepare" else facts


def _ansible(hop: Hop) -> tuple[str, ...]:
    return (hop.beside("ansible-playbook"),)


def _content(hop: Hop) -> Iterator[Path]:
    folder = configuration(hop)
    yield from (folder / name for name in _CONFIGURATION)
    yield from (hop.more.image_digests,) if hop.more.image_digests else ()
    yield from (found,) if (found := playbook_folder(hop)) else ()
