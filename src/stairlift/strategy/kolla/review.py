"""What kolla-ansible could not do of a plan's steps, found before the first of them."""

from collections.abc import Iterator, Sequence

import yaml

from stairlift.knowledge.binaries import binary
from stairlift.model.errors import UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.strategy.deployer.inventory import Groups, ask_groups
from stairlift.strategy.deployer.record import Deployer
from stairlift.strategy.deployer.review import hops_of, told, unknown_hosts
from stairlift.strategy.kolla.commands import can_do, lines
from stairlift.strategy.kolla.enabled import switched_off
from stairlift.strategy.kolla.installed import Play, playbook_folder, plays_of, tags_of
from stairlift.strategy.kolla.options import Hop, KollaHop, KollaOptions
from stairlift.strategy.kolla.tags import project_tags


def review(deployer: Deployer[KollaHop], options: KollaOptions, steps: Sequence[Step]) -> Iterator[Finding]:
    """Deployer and inventory of each hop first; playbooks and groups only where those can be asked."""
    doable = [step for step in steps if can_do(step)]
    yield from (_cannot(step) for step in steps if not can_do(step))
    usable, findings = hops_of(deployer, options.hops, doable)
    yield from findings
    for hop in usable:
        mine = [step for step in doable if step.target == hop.release]
        plays = _plays(hop)
        yield from _unknown_tags(deployer, options, hop, mine, plays)
        yield from _queues(options, hop, mine)
        yield from _in_inventory(deployer, options, hop, mine, plays)


def _in_inventory(
    deployer: Deployer[KollaHop], options: KollaOptions, hop: Hop, mine: Sequence[Step], plays: tuple[Play, ...]
) -> Iterator[Finding]:
    try:
        groups = ask_groups(hop, deployer.ansible(hop))
    except UsageError as wrong:
        yield told(wrong, str(hop.release))
        return
    yield from unknown_hosts(hop, groups, options.names, mine)
    yield from _off(deployer, hop, mine, plays)
    for step in mine:
        yield from _partial(options, hop, step, groups, plays)


def _off(deployer: Deployer[KollaHop], hop: Hop, mine: Sequence[Step], plays: tuple[Play, ...]) -> Iterator[Finding]:
    """Infrastructure that the inventory has groups for, and the configuration nothing: no API would tell."""
    services = tuple(dict.fromkeys(name for step in mine if step.stage == "infra" for name in step.services))
    try:
        off = switched_off(hop, deployer.ansible(hop), plays, services)
    except UsageError:  # such as a vault that asks for its password: the verdict of the step tells as well
        return
    if off:
        running = ", ".join(f'"{name}"' for name in services if name not in off)
        yield Finding(
            "deployer.off",
            "warning",
            str(hop.release),
            f"{hop.place}: its configuration has {', '.join(off)} switched off, whose steps will do nothing",
            f'Name what runs: match = {{ stage = "infra", service = [{running}] }}',
        )


def _cannot(step: Step) -> Finding:
    return Finding(
        "deployer.action",
        "error",
        step.id,
        f"kolla-ansible has no command that does {step.action} of {step.project or 'it'} by itself",
        f'Put an entry of your own before it: match = {{ action = "{step.action}" }}, use = "command".',
    )


def _plays(hop: Hop) -> tuple[Play, ...]:
    """The plays of the installed playbooks; none where kolla-ansible is not in a virtual environment of its own."""
    folder = playbook_folder(hop)
    try:
        return plays_of(folder) if folder else ()
    except (OSError, yaml.YAMLError):
        return ()


def _unknown_tags(
    deployer: Deployer[KollaHop], options: KollaOptions, hop: Hop, mine: Sequence[Step], plays: tuple[Play, ...]
) -> Iterator[Finding]:
    """To Ansible a tag that nothing has is no error: it does nothing, and ends well."""
    known = tags_of(plays)
    used = {tag: step for step in reversed(mine) for tag in _tags_used(deployer, options, step)} if known else {}
    for tag in sorted(set(used) - known):
        yield Finding(
            "deployer.tag",
            "error",
            tag,
            f"{hop.place}: the playbooks of {' '.join(hop.command)} have no tag {tag}, which step {used[tag].id} needs",
            "Match what it is for with an entry of your own before this one, or leave it out of `tags`.",
        )


def _tags_used(deployer: Deployer[KollaHop], options: KollaOptions, step: Step) -> Iterator[str]:
    if step.stage == "infra" and options.hops[step.target].more.queue_type_change:
        return
    for line in lines(deployer.name, options, step):
        for option, value in zip(line.words, line.words[1:], strict=False):
            if option == "--tags":
                yield from value.split(",")


def _queues(options: KollaOptions, hop: Hop, mine: Sequence[Step]) -> Iterator[Finding]:
    """A change of queues must be done with the release that runs, and needs a step of RabbitMQ to be done in."""
    if not hop.more.queue_type_change:
        return
    broker = [step for step in mine if step.stage == "infra" and "rabbitmq" in step.services]
    if not broker:
        told = "queue_type_change is set, and no step of this plan is RabbitMQ's"
        yield _queue_finding(hop, told, 'Ask for it: a [[strategy]] entry with match = { stage = "infra" }.')
    elif options.source_of(hop, broker[0].source) is None:
        told = (
            f"the queues change their type with the kolla-ansible of {broker[0].source}, and nothing says where it is"
        )
        yield _queue_finding(hop, told, "Add source_command and source_config_dir to the [[hop]].")


def _queue_finding(hop: Hop, message: str, resolution: str) -> Finding:
    return Finding("deployer.queue-type", "error", str(hop.release), f"{hop.place}: {message}", resolution)


def _partial(options: KollaOptions, hop: Hop, step: Step, groups: Groups, plays: tuple[Play, ...]) -> Iterator[Finding]:
    """A role does on the first or last host of its group what happens once; a limit without that host leaves it out."""
    if step.stage != "control" or step.action != "upgrade":
        return
    mine = {options.names.inventory_name(host) for host in step.hosts}
    groups_of_step = {group for play in plays if play.tags & set(project_tags(step)) for group in play.groups}
    for group in (name for name in step.services if name in groups_of_step and _of_control(name)):
        if absent := sorted(set(groups.of(group)) - mine):
            yield Finding(
                "deployer.partial",
                "error",
                f"{step.id}:{group}",
                f"{hop.place}: kolla-ansible upgrades all hosts of {group} at once, and step {step.id} leaves out "
                f"{', '.join(absent)}",
                "Take those hosts into the plan, or out of the group in the inventory.",
            )


def _of_control(group: str) -> bool:
    known = binary(group)
    return known is not None and known.plane == "control"
