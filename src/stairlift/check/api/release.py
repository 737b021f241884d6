"""That everything runs the release that it was brought to."""

from collections.abc import Mapping

from stairlift.check.api.finding import bounded, found
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.cloud import Service
from stairlift.model.finding import Finding

#: What was looked at on a host.
_SEEN = frozenset({"process", "image", "venv", "package"})


class OneRelease:
    """No process runs older code than the target's: at the end, and before a step that old code would not survive.

    Only what was seen on a host just now proves anything of a process. What an API or a database suggests is no proof,
    and a list that somebody keeps may be behind. Where nobody looked at hosts there is nothing to contradict, and the
    evidence says how many were not seen.
    """

    info: CheckInfo = rule("release.mixed").info

    def applies(self, scene: Scene) -> bool:
        """A release is to be reached."""
        return scene.target is not None and bool(scene.cloud.services)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the sources have told it."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Before a step the services of its project count, else those of all projects."""
        project = scene.about.project if scene.about else None
        concerned = [s for s in scene.cloud.services if project in (None, s.project)]
        seen = [s for s in concerned if s.releases and s.version_from in _SEEN]
        old = [s for s in seen if scene.target not in s.releases]
        told = bounded([_old(scene, service) for service in old])
        about = f" of {project}" if project else ""
        unseen = len(concerned) - len(seen)
        return Judgement(told, f"{len(seen) - len(old)} services{about} seen at {scene.target}, {unseen} not looked at")


def _old(scene: Scene, service: Service) -> Finding:
    runs = " or ".join(map(str, service.releases))
    return found(
        scene,
        "release.mixed",
        f"{service.binary}@{service.host}",
        message=f"{service.binary} on {service.host} runs {service.version}, which is {runs} and not {scene.target}",
        resolution="restart it there, or see why its upgrade did not reach it; then `stairlift resume`",
    )
