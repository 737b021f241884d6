"""From a step to the arguments of ansible-playbook: the same words in a run, in the runbook and in `ps`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stairlift.model.plan import Step
from stairlift.strategy.ansible.options import AnsibleOptions, is_host_list
from stairlift.strategy.words import refused_name, required_hosts, required_services

#: What `--limit` takes literally. Everything else is a pattern, a file (@), a regular expression (~) or an option.
_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
#: Groups that every inventory has; as a limit they are everybody.
_EVERYBODY = frozenset({"all", "ungrouped"})
#: Values that `-e name=value` passes on as they are; any other goes as JSON, since Ansible would split or unquote it.
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_.,:/@+-]*")
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def inventory_hosts(options: AnsibleOptions, step: Step) -> tuple[str, ...]:
    """The hosts of a step as Ansible calls them; Refusal for none, or for one that would be read as a pattern."""
    return host_names(options.inventory_name, step)


def host_names(called: Callable[[str], str], step: Step) -> tuple[str, ...]:
    """The hosts of a step by their names in the inventory; Refusal as above."""
    names = tuple(called(host) for host in required_hosts(step))
    for name in names:
        if not _HOST_NAME.fullmatch(name) or name in _EVERYBODY:
            raise refused_name(step, "host", name)
    return names


def command_line(options: AnsibleOptions, playbook: str, step: Step) -> tuple[str, ...]:
    """The whole command. What the strategy decides comes last, where it wins over the operator's arguments."""
    return (
        *options.command,
        *_operators(options, playbook),
        "--limit",
        ",".join(inventory_hosts(options, step)),
        *extra_vars(options.extra_vars),
        *extra_vars(step_variables(options, step)),
    )


def step_variables(options: AnsibleOptions, step: Step) -> Mapping[str, str]:
    """What a playbook is told about the step."""
    return {
        "stairlift_action": step.action,
        "stairlift_services": ",".join(required_services(step)),
        "stairlift_hosts": ",".join(inventory_hosts(options, step)),
        "stairlift_project": step.project or "",
        "stairlift_stage": step.stage,
        "stairlift_from": str(step.source),
        "stairlift_to": str(step.target),
    }


def loading(options: AnsibleOptions, playbook: str) -> tuple[str, ...]:
    """The command with all that decides what is loaded, and nothing of what is then done."""
    return (*options.command, *_content(options, playbook), *options.args)


def _content(options: AnsibleOptions, playbook: str) -> Iterator[str]:
    for inventory in options.inventory:
        yield from ("-i", inventory if is_host_list(inventory) else options.shown(inventory))
    yield options.shown_playbook(playbook)
    for vault in options.vault:
        source = options.shown(vault.source)
        yield from (vault.flag, f"{vault.label}@{source}" if vault.label else source)


def _operators(options: AnsibleOptions, playbook: str) -> Iterator[str]:
    yield from _content(options, playbook)
    if options.tags:
        yield from ("--tags", ",".join(options.tags))
    if options.skip_tags:
        yield from ("--skip-tags", ",".join(options.skip_tags))
    if options.forks:
        yield from ("--forks", str(options.forks))
    if options.check:
        yield "--check"
    yield from options.args


def extra_vars(variables: Mapping[str, Any]) -> Iterator[str]:
    """Variables as words of a command line."""
    for name, value in variables.items():
        yield from ("-e", extra_var(name, value))


def extra_var(name: str, value: Any) -> str:
    """One variable as the value of `-e`: readable where Ansible takes it literally, else JSON."""
    if isinstance(value, str) and _PLAIN_VALUE.fullmatch(value) and _PLAIN_NAME.fullmatch(name):
        return f"{name}={value}"
    return json.dumps({name: value})
