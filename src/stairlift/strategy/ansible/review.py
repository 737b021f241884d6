"""What Ansible would only say in the middle of the run, or not at all.

It leaves with 0 where a tag, a play or an inventory names nobody. It is asked once for each playbook of an entry, never
for each step.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding, Severity
from stairlift.model.plan import Step
from stairlift.strategy.ansible.arguments import extra_vars, loading, step_variables
from stairlift.strategy.ansible.listing import CannotList, Listed, list_playbooks
from stairlift.strategy.ansible.options import AnsibleOptions

_EVERYBODY = str(Path(__file__).with_name("everybody.yml"))
#: Tags that Ansible knows by itself.
_SPECIAL = frozenset({"all", "always", "never", "tagged", "untagged"})
#: Hosts of an inventory that are no hosts of a cloud.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A playbook that Ansible could load, and whom the inventory has."""

    playbook: str
    listed: Listed
    inventory: frozenset[str]


def review(options: AnsibleOptions, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
    """All that is wrong between an entry's playbooks and inventory, its steps and the cloud."""
    found: list[Finding] = []
    inventory: frozenset[str] | None = None
    for playbook in filter(None, (options.playbook, options.undo_playbook)):
        try:
            loaded = _load(options, playbook, steps[0])
        except CannotList as wrong:
            found.append(_unloadable(options, playbook, str(wrong)))
            continue
        inventory = loaded.inventory
        found += [*_about_tags(options, loaded), *_about_plays(options, loaded, steps)]
    if inventory is None:
        return tuple(found)
    return (*found, *_about_inventory(options, inventory, steps), *_strangers(options, inventory, cloud))


def _load(options: AnsibleOptions, playbook: str, step: Step) -> _Loaded:
    """What a run would load, for everybody: a play on `{{ stairlift_hosts }}` is for whomever a step names."""
    variables = {**options.extra_vars, **step_variables(options, step), "stairlift_hosts": "all"}
    argv = (*loading(options, playbook), _EVERYBODY, *extra_vars(variables))
    config = {"ANSIBLE_CONFIG": str(options.config)} if options.config else {}
    listed = list_playbooks(argv, options.directory, {**os.environ, **config})
    if len(listed) != 2:
        raise CannotList("it does not list playbooks as ansible-playbook does")
    return _Loaded(playbook, listed[0], listed[1].hosts)


def _unloadable(options: AnsibleOptions, playbook: str, why: str) -> Finding:
    return Finding(
        code="ansible.playbook",
        severity="error",
        subject=playbook,
        message=f"Ansible cannot load it: {why}",
        resolution=f"repair it; `{' '.join(loading(options, playbook))} --list-tags` in {options.directory} says more",
    )


def _about_tags(options: AnsibleOptions, loaded: _Loaded) -> Iterator[Finding]:
    known = loaded.listed.tags | _SPECIAL
    for key, tags in (("tags", options.tags), ("skip_tags", options.skip_tags)):
        for tag in sorted({part.strip() for text in tags for part in text.split(",")} - known):
            yield Finding(
                code="ansible.tag",
                severity=_weight(key, loaded.listed),
                subject=tag,
                message=f"no task of {loaded.playbook} has the tag {tag!r}, which {key} names",
                resolution=f"tags there: {', '.join(sorted(loaded.listed.tags)) or 'none'}",
            )


def _weight(key: str, listed: Listed) -> Severity:
    """Tasks that are included while it runs are in no listing; they are reached by an include that always runs."""
    return "warning" if key == "skip_tags" or "always" in listed.tags else "error"


def _about_plays(options: AnsibleOptions, loaded: _Loaded, steps: Sequence[Step]) -> Iterator[Finding]:
    left = sorted((_names(options, steps) & loaded.inventory) - loaded.listed.hosts)
    if left:
        yield Finding(
            code="ansible.no_play",
            severity="warning" if loaded.listed.open else "error",  # a play's group may be made while it runs
            subject=loaded.playbook,
            message=f"no play of it is for {_some(left)}: Ansible would do nothing there, and call it a success",
            resolution="correct `hosts` of its plays, or have another [[strategy]] match these hosts",
        )


def _about_inventory(options: AnsibleOptions, inventory: frozenset[str], steps: Sequence[Step]) -> Iterator[Finding]:
    missing = sorted(_names(options, steps) - inventory)
    if missing:
        said = f"has {_some(sorted(inventory))}" if inventory else "is empty: look at `inventory` and ansible.cfg"
        yield Finding(
            code="ansible.host",
            severity="error",
            subject=options.playbook,
            message=f"its inventory does not have {_some(missing)}; it {said}",
            resolution='add them, or say what Ansible calls them: limit = "short", or names = { HOST = "NAME" }',
        )


def _strangers(options: AnsibleOptions, inventory: frozenset[str], cloud: Cloud) -> Iterator[Finding]:
    known = {options.inventory_name(name) for host in cloud.hosts for name in (host.name, *host.aliases)}
    shorts = {name.partition(".")[0] for name in known}
    strangers = sorted(n for n in inventory - known - _HERE if n.partition(".")[0] not in shorts)
    if strangers:
        yield Finding(
            code="ansible.stranger",
            severity="warning",
            subject=options.playbook,
            message=f"its inventory names {_some(strangers)}, which no source of the cloud knows",
            resolution="nothing is done there; if they are of this cloud, see why `stairlift discover` misses them",
        )


def _names(options: AnsibleOptions, steps: Iterable[Step]) -> set[str]:
    return {options.inventory_name(host) for step in steps for host in step.hosts}


def _some(names: Sequence[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
