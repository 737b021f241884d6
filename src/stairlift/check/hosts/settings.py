"""Which options the configuration files of hosts set, by name, and values that a program would not start with.

Of values nothing leaves a host but how many characters those have of which a program asks that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import look
from stairlift.check.hosts.reading import Survey, few, survey_of
from stairlift.check.hosts.shell_check import About, Told
from stairlift.knowledge.options import Demand, options
from stairlift.model.check import Question, Reply, Scene
from stairlift.model.finding import Finding

#: What the script tells of an option; the last is empty where nobody asked for it.
_COLUMNS = ("project", "file", "section", "option", "size")
#: Files that a service reads beside those of its own name (oslo.config, --config-dir).
_BESIDE = "*.conf.d/*.conf"


@dataclass(frozen=True, slots=True)
class Setting:
    """An option that a file of a host sets. `size` is how many characters its value has, where that was asked."""

    project: str
    host: str
    file: str
    section: str
    option: str
    size: int | None = None

    @property
    def name(self) -> str:
        """As the validator writes it."""
        return f"{self.section}/{self.option}"

    @property
    def sections(self) -> tuple[str, ...]:
        """By which oslo.config finds it: but for DEFAULT the case of a section is no matter to it."""
        return tuple(dict.fromkeys((self.section, self.section if self.section == "DEFAULT" else self.section.lower())))


def homes(scene: Scene) -> Mapping[str, tuple[str, ...]]:
    """The hosts, and on each the projects whose options can be told."""
    known = {(s.host, s.project) for s in scene.cloud.services if s.project in options().projects}
    return {host: tuple(sorted(p for h, p in known if h == host)) for host in sorted({host for host, _ in known})}


def looks(scene: Scene) -> Mapping[str, Question]:
    """Asks every host for what the files of its projects set."""
    found: dict[str, Question] = {}
    for host, projects in homes(scene).items():
        files = [f"{p}:{file}" for p in projects for file in (*options().projects[p].files, _BESIDE)]
        measured = [f"{d.project}:{d.section}:{d.option}" for d in _demands(scene, host)]
        found |= look((host,), "settings.sh", FILES=" ".join(files), MEASURED=" ".join(measured))
    return found


def _demands(scene: Scene, host: str) -> tuple[Demand, ...]:
    here = {service.binary for service in scene.cloud.services if service.host == host}
    return tuple(demand for demand in options().demands if here.intersection(demand.by))


def by_project(scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, tuple[Setting, ...]]:
    """What is set on all hosts that could be read."""
    found: dict[str, list[Setting]] = {}
    for setting in (one for host in homes(scene) for one in _readable(host, replies[host])):
        found.setdefault(setting.project, []).append(setting)
    return {project: tuple(found[project]) for project in sorted(found)}


def _readable(host: str, reply: Reply) -> Iterable[Setting]:
    try:
        return tuple(_settings(host, survey_of(reply)))
    except Unanswered:  # it is told where the host is judged
        return ()


def _settings(host: str, seen: Survey) -> Iterator[Setting]:
    for row in seen.rows("options"):
        if len(row) == len(_COLUMNS) and row[3]:
            project, file, section, option, size = row
            yield Setting(project, host, file, section, option, int(size) if size.isdecimal() else None)


def on_host(about: About, reply: Reply) -> Told:
    """Values that a program would not start with. Raises Unanswered for what nobody lets us see."""
    seen = survey_of(reply)
    demands = {(d.project, d.section, d.option): d for d in _demands(about.scene, about.subject)}
    for setting in _settings(about.subject, seen):
        demand = demands.get((setting.project, setting.section, setting.option))
        if demand and setting.size is not None and setting.size not in demand.lengths:
            yield _measured(about, demand, setting)
    if hidden := seen.lines("hidden"):
        raise Unanswered(f"nobody lets us read {few(one.partition(':')[2] for one in hidden)}")
    read = {row[0] for row in seen.rows("options")}
    if bare := [project for project in homes(about.scene)[about.subject] if project not in read]:
        raise Unanswered(f"no configuration of {few(bare)} is where it is looked for")


def _measured(about: About, demand: Demand, setting: Setting) -> Finding:
    bears = setting.size in demand.bears
    wants = " or ".join(map(str, demand.lengths))
    return about.found(
        f"{setting.option} of {setting.project} in {setting.file} on {setting.host} has {setting.size} characters: "
        f"{few(demand.by)} {'warns of' if bears else 'does not start with'} anything but {wants}",
        demand.helps,
        subject=f"{setting.host}:{setting.name}",
        severity="warning" if bears else "error",
    )
