"""Checks of what the sources and the planner have found already: their findings, under the name of a check."""

from collections.abc import Mapping
from functools import partial

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

#: Only a way has these.
_OF_A_WAY = frozenset({"path.allowed", "project.ended", "binary.gone"})


class Known:
    """A check of the catalogue that asks nothing: it gathers the findings whose codes it wraps."""

    def __init__(self, code: str) -> None:
        self._rule = rule(code)

    @property
    def info(self) -> CheckInfo:
        """See ports.Check."""
        return self._rule.info

    def applies(self, scene: Scene) -> bool:
        """There is something to judge: services, and a way where it is about that."""
        return bool(scene.cloud.services) and (self.info.code not in _OF_A_WAY or scene.target is not None)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """The findings as they are: they have codes, severities and waivers of their own."""
        found = tuple(f for f in scene.findings if f.code in self._rule.wraps and _concerns(f, scene))
        services = len(scene.cloud.services)
        return Judgement(found, f"{len(found)} of {len(scene.findings)} findings about {services} services")


def _concerns(finding: Finding, scene: Scene) -> bool:
    """Before a step of one project, what is wrong with the services of others is no matter."""
    known = binary(finding.subject.partition("@")[0])
    return scene.about is None or known is None or known.project == scene.about.project


RELEASE = partial(Known, "release.known")
PATH = partial(Known, "path.allowed")
PROJECTS = partial(Known, "project.ended")
PROGRAMS = partial(Known, "binary.gone")
DEAD_RECORDS = partial(Known, "record.stale")
CELLS = partial(Known, "cell.unreachable")
BACKENDS = partial(Known, "backend.down")
