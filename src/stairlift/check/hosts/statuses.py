"""What the projects' own status commands say, with the target's code: `<project>-status upgrade check`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import next_release, program, projects_of
from stairlift.check.hosts.reading import NOT_RUN, Ran, ran_of
from stairlift.check.hosts.shell_check import About, ShellCheck, Told
from stairlift.check.hosts.targets import remedy
from stairlift.knowledge.procedures import meaning_of, procedure
from stairlift.model.check import Question, Reply, Scene
from stairlift.model.finding import Severity

_FIELD = re.compile(r"^\|\s?(Check|Result|Details):\s*(.*?)\s*\|?$")
_MORE = re.compile(r"^\|\s+(.*?)\s*\|?$")
#: Words of checks that are about a part which not every cloud has, and the programs that show that it is there.
_ABOUT = {"OVN": ("ovn-controller", "ovn-northd", "neutron-ovn-metadata-agent", "neutron-ovn-agent")}


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of a status command, in its own words."""

    name: str
    result: str
    details: str


def _statuses(scene: Scene) -> Mapping[str, Question]:
    """One host of each project that has such a command, with the code that the next hop brings."""
    target = next_release(scene)
    if target is None:
        return {}
    asked = {p: program(scene, p, _command(p), release=target) for p in projects_of(scene) if _command(p)}
    return {project: question for project, question in asked.items() if question}


def _command(project: str) -> str:
    known = procedure(project)
    return known.check if known else ""


def _judged(about: About, reply: Reply) -> Told:
    """Exit code 1 counts only where the command really gave results: some leave with it for a wrong argument."""
    ran, command = _ran(about, reply), _command(about.subject)
    meaning, words = meaning_of(command, ran.code)
    results = results_of(ran.said)
    if not results and meaning != "ok":
        yield _without_results(about.subject, command, ran)
        return
    for one in results:
        word = one.result.casefold()
        if word != "success" and _is_about(about.scene, one):
            message = f"{command}: {one.name}: {one.details or one.result}"
            resolution = f"see the upgrade notes of {about.subject}; run `{command}` again until it says success"
            severity: Severity = "warning" if word == "warning" else "error"
            yield about.found(message, resolution, subject=f"{about.subject}:{one.name}", severity=severity)
    yield f"exit code {ran.code}" + (f" ({words})" if words else "")


def _ran(about: About, reply: Reply) -> Ran:
    try:
        ran = ran_of(reply)
    except Unanswered as why:
        raise Unanswered(str(why), remedy(reply.out, about.scene)) from None
    if ran.code in NOT_RUN:
        raise Unanswered(f"it was not run ({ran.code}): {ran.brief}")
    return ran


def _without_results(project: str, command: str, ran: Ran) -> str:
    """Before the database step that it belongs after, the target's code may miss tables."""
    known = procedure(project)
    if known and known.check_after:
        return f"{command} cannot tell before {known.check_after}, which runs it again: {ran.brief}"
    raise Unanswered(f"{command} ended with {ran.code} and no results: {ran.brief}")


def _is_about(scene: Scene, one: Checked) -> bool:
    """Whether it speaks of what this cloud has."""
    there = {service.binary for service in (*scene.cloud.services, *scene.cloud.infrastructure)}
    return all(there.intersection(programs) for word, programs in _ABOUT.items() if word in one.name + one.details)


def results_of(said: str) -> tuple[Checked, ...]:
    """The rows of the table that every such command prints without --json (oslo_upgradecheck.upgradecheck)."""
    found: list[dict[str, str]] = []
    last = ""
    for line in said.splitlines():
        if field := _FIELD.match(line):
            last = field[1]
            if last == "Check":
                found.append({})
            if found:
                found[-1][last] = field[2]
        elif (more := _MORE.match(line)) and found and last == "Details":
            found[-1][last] += f" {more[1]}"
    return tuple(Checked(row.get("Check", ""), row.get("Result", ""), row.get("Details", "")) for row in found)


STATUSES = partial(ShellCheck, "status.upgrade_check", _statuses, _judged)
