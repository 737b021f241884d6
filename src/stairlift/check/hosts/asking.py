"""What is asked of hosts: scripts that look, and programs of a project that report."""

import shlex
from collections.abc import Iterable, Mapping
from string import Formatter

from stairlift.knowledge.binaries import all_binaries
from stairlift.knowledge.packages import packaged_project
from stairlift.knowledge.procedures import procedure
from stairlift.knowledge.scripts import script
from stairlift.model.check import HostQuestion, Question, Scene
from stairlift.model.release import Release

#: Seconds. The longest looks read a database; it takes some before a program begins: logging in, finding it, a trial.
_LOOK, _BEFORE = 180.0, 80.0


def every_host(scene: Scene) -> tuple[str, ...]:
    """The machines that run the cloud's services, and what they stand on."""
    return tuple(sorted({service.host for service in (*scene.cloud.services, *scene.cloud.infrastructure)}))


def hosts_of(scene: Scene, *binaries: str) -> tuple[str, ...]:
    """The machines that run any of these."""
    services = (*scene.cloud.services, *scene.cloud.infrastructure)
    return tuple(sorted({service.host for service in services if service.binary in binaries}))


def has_project(scene: Scene, *projects: str) -> bool:
    """Whether the cloud has services of any of these projects on hosts that are known."""
    return any(service.project in projects for service in scene.cloud.services)


def projects_of(scene: Scene) -> tuple[str, ...]:
    """The projects of the cloud, in order."""
    return tuple(sorted({service.project for service in scene.cloud.services}))


def survey_of_hosts(hosts: Iterable[str]) -> Mapping[str, Question]:
    """The one look at everything, which all checks of single hosts share."""
    text = script("survey.sh")
    return {host: HostQuestion(host, text, _LOOK) for host in hosts}


def look(hosts: Iterable[str], name: str, **values: str) -> Mapping[str, Question]:
    """A script of its own on each of some hosts, with values set before it."""
    text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in values.items()) + script(name)
    return {host: HostQuestion(host, text, _LOOK) for host in hosts}


def next_release(scene: Scene) -> Release | None:
    """What the next hop brings. Of a way of several hops what the later ones need is no matter before this one."""
    hops = scene.plan.hops if scene.plan else ()
    return next((hop for hop in hops if scene.source is None or hop > scene.source), scene.target)


def home_of(scene: Scene, project: str) -> tuple[str, tuple[str, ...]] | None:
    """Where a project's commands are run: a host, one that lets us in first, with its services there, the best first.

    None for a project of which no service is on any host that is known.
    """
    known = procedure(project)
    order = (*(known.owner if known else ()), *(one.name for one in all_binaries() if one.project == project))
    found = [(service.host, service.binary) for service in scene.cloud.services if service.project == project]
    placed = sorted(found, key=lambda one: (one[0] not in scene.shells, _rank(one[1], order), one[0]))
    if not placed:
        return None
    equal = [one for one in placed if (one[0] in scene.shells, one[1]) == (placed[0][0] in scene.shells, placed[0][1])]
    host = equal[sum(map(ord, project)) % len(equal)][0]  # another host for another project: one need not do it all
    return host, tuple(dict.fromkeys(binary for where, binary in placed if where == host))


def _rank(binary: str, order: tuple[str, ...]) -> int:
    return order.index(binary) if binary in order else len(order)


def program(
    scene: Scene,
    project: str,
    command: str,
    *,
    release: Release | None = None,
    environ: Mapping[str, str] | None = None,
    trial: str = "",
    reads: str = "",
) -> HostQuestion | None:
    """A command of a project on one of its hosts, with the code of `release` (that which runs, if it is left out).

    None where no host is known to run anything of the project. `environ` are variables for it, without blanks or
    secrets; `trial` are other arguments, which have to work for the answer to count; `reads` is what it finds in
    /dev/stdin.
    """
    home = home_of(scene, project)
    if home is None:
        return None
    host, services = home
    name, *words = command.split()
    words = [*packaged_project(project).arguments.get(name, ()), *words]
    variables = ("env", *(f"{key}={value}" for key, value in environ.items())) if environ else ()
    head = {
        "PROJECT": project,
        "SERVICES": " ".join(services),
        "RELEASE": str(release or scene.source or "now"),
        "SOURCE": str(scene.source or "now"),
        "WITHIN": f"{scene.programs.within:g}",
        "WITH": " ".join(variables),
        "TRIAL": trial,
        "ARGUMENTS": str(len(words)),
    }
    typed = _given(scene, release, {**head, "COMMAND": name, "SERVICE": services[0]}, variables)
    last = ("given", *typed, *words) if typed else ("program", name, *words)
    set_before = {**head, "INPUT": reads} if reads else head
    lines = (*(f"{k}={shlex.quote(v)}" for k, v in set_before.items()), script("program.sh"), shlex.join(last))
    return HostQuestion(host, "\n".join(lines) + "\n", scene.programs.within + _BEFORE)


def _given(
    scene: Scene, release: Release | None, values: Mapping[str, str], variables: tuple[str, ...]
) -> tuple[str, ...]:
    """The words of `[checks]` for this program, if there are any; its variables stand before the program itself."""
    is_target = release is not None and release != scene.source
    template = scene.programs.target if is_target else scene.programs.running
    placed = {key.lower(): value for key, value in values.items()}
    placed["container"] = placed["service"].replace("-", "_")
    return tuple(
        filled for word in template for filled in (*(variables if "{command}" in word else ()), _filled(word, placed))
    )


def _filled(word: str, values: Mapping[str, str]) -> str:
    """A word with its braces filled; what is in others is left as it is, since it may be a format of docker's."""
    known = {key for _, key, _, _ in _fields(word) if key}
    return word.format(**values) if known and known <= values.keys() else word


def _fields(word: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(word))
    except ValueError:
        return []
