"""From a step to what is done on its hosts, one thing after the other: runs of Puppet and commands.

Puppet's own database steps are exec resources that a refresh triggers. One that failed is not triggered again, and the
next run ends with 0 (SEEN, 7.23). So database steps, pins and online migrations are commands of their own here.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.commands import Command, database_commands
from stairlift.knowledge.packages import shared_unit
from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.strategy.puppet.arguments import on_host_words, run_words
from stairlift.strategy.puppet.options import PuppetOptions, missing_environment
from stairlift.strategy.words import required_hosts, required_services

#: Actions that change nothing in the cloud: Puppet then only says what it would do.
_LOOKING = ("prepare", "verify")
#: What Puppet leaves with when a run went well: nothing to change, or changes made.
_RUN_WELL = (0, 2)
#: Those of a command; 255 may be ssh's.
_EXIT_CODES = range(255)


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing on one host: `typed` is what a person would type, `words` what our script there is given.

    `environment`, `wanted` and `noop` are of a run of Puppet: where it must have been, tags that must have caught
    something, and whether it was only to look.
    """

    host: str
    text: str
    typed: tuple[str, ...]
    words: tuple[str, ...]
    good: tuple[int, ...] = (0,)
    again: tuple[int, ...] = ()
    is_run: bool = False
    environment: str | None = None
    wanted: tuple[str, ...] = ()
    noop: bool = False


def doings(options: PuppetOptions, step: Step, *, attempt: int) -> tuple[Doing, ...]:
    """What a step comes to, host by host. Refusal where nothing is known to do, or nobody to do it on.

    A second attempt also restarts the services: a restart that Puppet failed to do is one that it forgets.
    """
    hosts, services = required_hosts(step), required_services(step)
    if options.reach is None and len(hosts) > 1:
        raise not_here(f"step {step.id} names {len(hosts)} hosts")
    restarts = services if step.action == "upgrade" and attempt > 1 else ()
    return tuple(
        one
        for host in hosts
        for one in (
            *_runs(options, step, host),
            *_commands(options, step, host),
            *(_restart(options, host, service) for service in restarts),
        )
    )


def not_here(what: str) -> Refusal:
    """The error for more than one host where Puppet runs on this machine."""
    return Refusal(
        code="strategy.not-here",
        brief=f"{what}, and local = true means this machine alone",
        resolution="Match the entry with one host only, or reach the hosts over SSH.",
    )


def _runs(options: PuppetOptions, step: Step, host: str) -> Iterator[Doing]:
    if _own_commands(options, step) and step.action in _LOOKING:
        return
    if step.action == "upgrade" or step.action in _LOOKING:
        yield _run(options, step, host, options.tags)
    if step.action == "db-expand" and options.package_tags:
        yield _run(options, step, host, options.package_tags)


def _run(options: PuppetOptions, step: Step, host: str, templates: tuple[str, ...]) -> Doing:
    environment = options.environment_for(step.target)
    if environment is None and options.environment is not None:
        raise missing_environment(step.id, step.target)
    tags = tuple(dict.fromkeys(tag for template in templates for tag in _filled(template, step)))
    noop = step.action in _LOOKING
    typed = run_words(options, environment, tags, noop=noop)
    wanted = tuple(dict.fromkeys(t for one in templates if "{project}" in one for t in _filled(one, step)))
    where = f" in environment {environment}" if environment else ""
    return Doing(
        host=host,
        text=f"puppet {options.mode}{where} for {', '.join(step.services)}{', only looking' if noop else ''}",
        typed=typed,
        words=on_host_words(options, wanted, typed),
        good=_RUN_WELL,
        is_run=True,
        environment=environment,
        wanted=wanted,
        noop=noop,
    )


def _filled(template: str, step: Step) -> tuple[str, ...]:
    """The tags that a template stands for: one for each project of the step."""
    return (
        tuple(template.replace("{project}", name) for name in _classes(step))
        if "{project}" in template
        else (template,)
    )


def _classes(step: Step) -> tuple[str, ...]:
    """The step's projects as Puppet's classes are called: ironic::inspector for ironic-inspector."""
    known = (binary(service) for service in step.services)
    projects = (step.project,) if step.project else tuple(dict.fromkeys(one.project for one in known if one))
    return tuple(project.replace("-", "::") for project in projects)


def _commands(options: PuppetOptions, step: Step, host: str) -> tuple[Doing, ...]:
    own = _own_commands(options, step)
    if own:
        return tuple(_command(host, Command(line)) for line in own)
    if step.action == "unpin":
        return tuple(_restart(options, host, service) for service in step.services)
    if step.action == "drain":
        return tuple(_stop(options, host, service) for service in step.services)
    if step.action == "upgrade" or step.action in _LOOKING:
        return ()
    known = database_commands(step, options.cells)
    if not known:
        raise Refusal(
            code="strategy.no-commands",
            brief=f"step {step.id}: Puppet does not {step.action}, and no command for {step.project} is known",
            resolution=f'Give the entry commands = {{ {step.project} = {{ {step.action} = ["..."] }} }}.',
        )
    return tuple(_command(host, one, f"runuser -u {step.project} -- ") for one in known)


def _own_commands(options: PuppetOptions, step: Step) -> tuple[str, ...]:
    return options.commands.get(step.project or "", {}).get(step.action, ())


def _command(host: str, one: Command, prefix: str = "") -> Doing:
    words = (*prefix.split(), *one.words)
    return Doing(
        host=host, text=one.text, typed=words, words=words, good=one.good(_EXIT_CODES), again=one.again(_EXIT_CODES)
    )


def _restart(options: PuppetOptions, host: str, service: str) -> Doing:
    return _unit(options.restart, host, options.units.get(service, service))


def _stop(options: PuppetOptions, host: str, service: str) -> Doing:
    unit = options.units.get(service, service)
    if shared_unit(unit):
        raise Refusal(
            code="strategy.shared-unit",
            brief=f"{service} runs in {unit}, which would take the APIs of other projects down with it",
            resolution=f'Stop it by an entry of its own: match = {{ service = "{service}", action = "drain" }}.',
        )
    return _unit(options.stop, host, unit)


def _unit(template: tuple[str, ...], host: str, unit: str) -> Doing:
    words = tuple(word.replace("{unit}", unit) for word in template)
    return Doing(host=host, text=shlex.join(words), typed=words, words=words)
