"""From a step to what its playbook is told: packages and units of its services, commands of its database step."""

from collections.abc import Mapping, Sequence
from typing import Any

from stairlift.knowledge.commands import Command, database_commands
from stairlift.knowledge.packages import Packaged, packaged, packaged_project
from stairlift.knowledge.versions import version_range
from stairlift.model.errors import Refusal
from stairlift.model.plan import Action, Step
from stairlift.strategy.words import required_services

#: The step's action as the playbook's file of tasks.
TASKS: Mapping[Action, str] = {
    "prepare": "prepare",
    "db-expand": "database",
    "db-migrate": "database",
    "db-contract": "database",
    "drain": "drain",
    "upgrade": "upgrade",
    "unpin": "unpin",
    "verify": "verify",
}
_EXIT_CODES = range(256)


def programs(step: Step) -> tuple[Packaged, ...]:
    """How the services of a step are installed; Refusal for one of which no package is known."""
    return tuple(_program(step, name) for name in required_services(step))


def _program(step: Step, name: str) -> Packaged:
    found = packaged(name)
    if found is None:
        raise Refusal(
            code="strategy.no-package",
            brief=f"step {step.id}: no package of {name} is known",
            resolution=f'Match it with an entry of your own: match = {{ service = "{name}" }}, use = "ansible".',
        )
    return found


def tasks_of(step: Step) -> str:
    """The file of tasks for the step's action; Refusal where packages have nothing to do with it."""
    if step.action not in TASKS:
        raise Refusal(
            code="strategy.action",
            brief=f"step {step.id} is to {step.action}, which is no matter of packages",
            details=f"The actions of packages are {', '.join(TASKS)}.",
            resolution=f'Match it with another entry before this one: match = {{ action = "{step.action}" }}.',
        )
    return TASKS[step.action]


def service_rows(step: Step) -> list[Mapping[str, Any]]:
    """The step's services as the playbook takes them, in the order in which they are restarted."""
    return [_row(one, step) for one in programs(step)]


def _row(one: Packaged, step: Step) -> Mapping[str, Any]:
    span = version_range(one.project, step.target)
    return {
        "name": one.name,
        "packages": list(one.packages),
        "units": list(one.units),
        "otherwise": list(one.otherwise),
        "versions": [list(edge) for edge in span] if span else [],
    }


def commands(step: Step, cells: Sequence[str]) -> list[Mapping[str, Any]]:
    """The commands of a database step; Refusal for a project that has none."""
    found = database_commands(step, cells)
    if not found:
        raise Refusal(
            code="strategy.no-commands",
            brief=f"step {step.id}: no commands are known for {step.action} of {step.project}",
            resolution=f'Match it with an entry of your own: match = {{ project = "{step.project}" }}.',
        )
    return [_command(step.project or "", one) for one in found]


def _command(project: str, one: Command) -> Mapping[str, Any]:
    """A command with what its exit codes mean. A warning goes on, with its words in the log."""
    program, *words = one.words
    of_project = packaged_project(project)
    return {
        "argv": [program, *of_project.arguments.get(program, ()), *words],
        "user": of_project.user,
        "ok": list(one.good(_EXIT_CODES)),
        "again": list(one.again(_EXIT_CODES)),
    }
