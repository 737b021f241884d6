"""Checks of what the sources and the planner have found already: their findings, under the name of a check."""

from collections.abc import Callable, Mapping
from functools import partial

from stairlift.check.silence import BALANCERS, REGISTRIES, silent
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding


def _has_way(scene: Scene) -> bool:
    return scene.target is not None


def _drains(scene: Scene) -> bool:
    """Whether the plan takes servers off their hosts."""
    return scene.plan is not None and any(step.action == "drain" for step in scene.plan.steps)


def _has_balancer(scene: Scene) -> bool:
    return any(seen.source.startswith(BALANCERS) for seen in scene.observations)


#: What there must be beside services; nothing for the others.
_WANTS: Mapping[str, Callable[[Scene], bool]] = {
    "path.allowed": _has_way,
    "project.ended": _has_way,
    "binary.gone": _has_way,
    "capacity.wave": _drains,
    "servers.immovable": _drains,
    "backend.down": _has_balancer,
}
#: Whose silence would look as if all were well.
_RESTS_ON = {
    "record.stale": REGISTRIES,
    "cell.unreachable": frozenset({"nova-services"}),
    "backend.down": frozenset(BALANCERS),
}


class Known:
    """A check of the catalogue that asks nothing: it gathers the findings whose codes it wraps."""

    def __init__(self, code: str) -> None:
        self._rule = rule(code)

    @property
    def info(self) -> CheckInfo:
        """See ports.Check."""
        return self._rule.info

    def applies(self, scene: Scene) -> bool:
        """There is something to judge: services, and what the findings are about."""
        wanted = _WANTS.get(self.info.code)
        return bool(scene.cloud.services) and (wanted is None or wanted(scene))

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """The findings as they are: they have codes, severities and waivers of their own."""
        known = tuple(f for f in scene.findings if f.code in self._rule.wraps and _concerns(f, scene))
        found = (*known, *silent(scene, _RESTS_ON.get(self.info.code, ())))
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
CAPACITY = partial(Known, "capacity.wave")
IMMOVABLE = partial(Known, "servers.immovable")
