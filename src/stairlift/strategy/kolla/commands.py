"""From a step to the command lines of kolla-ansible: the same words in a run, in the runbook and in `ps`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.strategy.deployer.hops import hop_of
from stairlift.strategy.kolla.options import Hop, KollaOptions
from stairlift.strategy.kolla.tags import common_tags, host_tags, in_order, left_for_later, project_tags

#: Playbooks of ours that kolla-ansible runs with its own inventory, variables and vault.
FOLDER = Path(__file__).with_name("playbooks")
#: Where the configuration of the next release is rendered on every host, beside the one in use.
_SCRATCH = "/var/lib/stairlift/kolla-config"
#: What keeps its messages in RabbitMQ: the broker's state can only be reset while none of it runs.
_MESSAGING = (
    *("aodh", "barbican", "blazar", "ceilometer", "cinder", "cloudkitty", "cyborg", "designate", "heat", "ironic"),
    *("keystone", "magnum", "manila", "masakari", "mistral", "neutron", "nova", "octavia", "tacker", "trove"),
    *("watcher", "zun"),
)
#: Of those, what guests need and what speaks to no broker.
_KEPT_RUNNING = '{"skip_stop_containers": ["nova_libvirt", "nova_ssh"]}'
#: Its online migrations run on the first host of a group only, which a limit to one host may miss.
_MIGRATING, _COMPUTES = "nova-api:nova-conductor", "compute:nova-compute-ironic"
#: kolla-ansible's own check that no queue is of an old type, which is what a queue-type change is there to mend.
_QUEUE_CHECK = "rabbitmq-ha-precheck"


@dataclass(frozen=True, slots=True)
class Line:
    """A command line, and the hop whose deployer it is."""

    hop: Hop
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """One step as kolla-ansible takes it: the hop's deployer, that of its source, the hosts as its inventory has them.

    `more_tags` are the operator's further tags for whole hosts.
    """

    step: Step
    hop: Hop
    source: Hop | None
    hosts: tuple[str, ...]
    more_tags: tuple[str, ...] = ()

    @property
    def limit(self) -> str:
        """The step's hosts as a limit."""
        return ",".join(self.hosts)

    def line(
        self,
        action: str,
        *words: str,
        limit: str | None = None,
        tags: Sequence[str] = (),
        skip: Sequence[str] = (),
        variable: str | None = None,
    ) -> Line:
        """A whole command line. What the strategy decides comes last."""
        hop = self.hop
        line = (
            *hop.command,
            action,
            *(word for path in hop.inventory for word in ("-i", str(path))),
            *(("--configdir", str(hop.config_dir)) if hop.config_dir else ()),
            *hop.args,
            *words,
            *(("-e", variable) if variable else ()),
            *(("--limit", limit) if limit else ()),
            *(("--tags", ",".join(tags)) if tags else ()),
            *(("--skip-tags", ",".join(skip)) if skip else ()),
        )
        return Line(hop, line)

    def ours(self, playbook: str, *variables: str) -> Line:
        """A playbook of ours, through kolla-ansible: its `check` brings inventory, variables and vault, and no more."""
        given = (word for variable in variables for word in ("-e", variable))
        return self.line("check", "-p", str(FOLDER / playbook), *given, limit=self.limit)


def lines(use: str, options: KollaOptions, step: Step) -> tuple[Line, ...]:
    """The command lines of a step, one behind the other.

    Raises Refusal for a step that kolla-ansible has no way to do, or whose hosts it would take for a pattern.
    """
    hop = hop_of(use, options.hops, step)
    cut = Cut(step, hop, options.source_of(hop, step.source), options.names.of(step), options.tags)
    if not can_do(step):
        raise Refusal(
            code="deployer.action",
            brief=f"step {step.id}: kolla-ansible has no command that does {step.action} of {step.project or 'it'}",
            details="Its role of a project does what is needed around the upgrade of the project.",
            resolution=f'Put an entry of your own before it: match = {{ action = "{step.action}" }}, use = "command".',
        )
    return tuple(_BY_ACTION[step.action](cut))


def can_do(step: Step) -> bool:
    """Whether there is a command for a step: of the once-only ones, only nova's have tags of their own."""
    return step.action in _BY_ACTION and (step.action not in ("unpin", "db-migrate") or step.project == "nova")


def touches_others(step: Step) -> bool:
    """Whether some of a step's commands go without its hosts as a limit."""
    return (
        step.action == "db-migrate" or step.stage == "infra" or (step.action == "prepare" and step.stage != "prepare")
    )


def _prepare(cut: Cut) -> Iterator[Line]:
    yield from _ahead(cut) if cut.step.stage == "prepare" else _opening(cut)


def _ahead(cut: Cut) -> Iterator[Line]:
    """What changes no service: the deployer's checks, images with their digests, configuration in a scratch place.

    The live configuration is what `node_config_directory` names on each host; genconfig writes where it points.
    """
    scratch = f"{_SCRATCH}-{cut.hop.release}"
    yield cut.line("prechecks", limit=cut.limit, skip=(_QUEUE_CHECK,) if cut.hop.more.queue_type_change else ())
    yield cut.line("pull", limit=cut.limit)
    yield cut.ours("images.yml", *_of_images(cut.hop))
    yield cut.ours("scratch.yml", f"stairlift_scratch={scratch}")
    yield cut.line("genconfig", limit=cut.limit, variable=f"node_config_directory={scratch}")
    yield cut.ours("difference.yml", f"stairlift_scratch={scratch}")


def _of_images(hop: Hop) -> Iterator[str]:
    yield f"stairlift_image_tag={hop.more.image_tag or f'{hop.release}*'}"
    if hop.more.image_digests:
        yield f"stairlift_image_digests={hop.more.image_digests}"


def _opening(cut: Cut) -> Iterator[Line]:
    yield cut.line("gather-facts")
    yield cut.line("upgrade", limit=cut.limit, tags=in_order((*common_tags(cut.hop.release), *cut.more_tags)))


def _upgrade(cut: Cut) -> Iterator[Line]:
    stage, services = cut.step.stage, cut.step.services
    if stage == "control":
        tags = project_tags(cut.step)
        yield cut.line("upgrade", limit=cut.limit, tags=tags, skip=left_for_later(tags))
        return
    if stage == "infra" and "rabbitmq" in services and cut.hop.more.queue_type_change:
        yield from _queue_type_change(cut)
    whole_host = (*common_tags(cut.hop.release), *cut.more_tags) if stage in ("network", "compute") else ()
    yield cut.line("upgrade", limit=cut.limit, tags=in_order((*whole_host, *host_tags(services))))


def _queue_type_change(cut: Cut) -> Iterator[Line]:
    """Nobody may declare a queue until the broker has forgotten all of them, so nobody runs in between.

    Done before anything of the target runs, with the source's deployer and the queue settings in its configuration:
    kolla-ansible doc/source/reference/message-queues/rabbitmq.rst, "High Availability".
    """
    if cut.source is None:
        raise Refusal(
            code="deployer.queue-type",
            brief=f"step {cut.step.id}: the queues change their type before the upgrade, with the kolla-ansible of "
            f"{cut.step.source}, and nothing says where that is",
            resolution="Add source_command and source_config_dir to the [[hop]] that has queue_type_change.",
        )
    before = replace(cut, hop=cut.source)
    yield before.line("genconfig")
    yield before.line(
        "stop", "--yes-i-really-really-mean-it", "--ignore-missing", variable=_KEPT_RUNNING, tags=_MESSAGING
    )
    yield before.line("reconfigure", tags=("rabbitmq",))
    yield before.line("rabbitmq-reset-state")
    yield before.line("deploy", tags=_MESSAGING)


def _unpin(cut: Cut) -> Iterator[Line]:
    yield cut.line("upgrade", limit=cut.limit, tags=("nova-reload",))


def _migrate(cut: Cut) -> Iterator[Line]:
    """The computes drop the old versions first: kolla-ansible restarts them like the rest, and no step has named them.

    Both go without the step's host as a limit: see _MIGRATING.
    """
    yield cut.line("upgrade", limit=_COMPUTES, tags=("nova-cell-reload",))
    yield cut.line("upgrade", limit=_MIGRATING, tags=("nova-online-data-migrations",))


_BY_ACTION: Mapping[str, Callable[[Cut], Iterator[Line]]] = {
    "prepare": _prepare,
    "upgrade": _upgrade,
    "unpin": _unpin,
    "db-migrate": _migrate,
}
