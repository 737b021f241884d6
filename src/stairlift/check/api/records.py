"""Who reports to the registries: nobody is down, nobody has gone missing on the way, nobody dead is left behind."""

from collections import Counter
from collections.abc import Iterator, Mapping

from stairlift.check.api.finding import bounded, found
from stairlift.check.silence import silent
from stairlift.knowledge.binaries import binary, lives_in
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.cloud import Hypervisor
from stairlift.model.finding import Finding


class Down:
    """Every service that reports, and every hypervisor, is up."""

    info: CheckInfo = rule("record.down").info

    def applies(self, scene: Scene) -> bool:
        """There is anything that reports."""
        return bool(scene.cloud.services)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the sources have told it."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """What was found of records, and the hypervisors whose nova-compute is up while they are not."""
        wraps = rule(self.info.code).wraps
        told = tuple(finding for finding in scene.findings if finding.code in wraps)
        reporting = {s.host for s in scene.cloud.services if s.binary == "nova-compute" and s.state == "up"}
        down = [h for h in scene.cloud.hypervisors if h.state == "down" and h.host in reporting]
        count = len(scene.cloud.hypervisors)
        told = (*told, *silent(scene), *bounded([_hypervisor(scene, h) for h in down]))
        return Judgement(told, f"{len(told)} findings; {len(down)} of {count} hypervisors are down")


def _hypervisor(scene: Scene, hypervisor: Hypervisor) -> Finding:
    return found(
        scene,
        "record.down",
        hypervisor.name,
        message=f"the hypervisor {hypervisor.name} is down, and nova-compute on {hypervisor.host} is up",
        resolution=f"`openstack hypervisor show {hypervisor.name}`; look at libvirt there",
    )


class Missing:
    """Every service that was up before the run is there still. Before the run it makes the list to compare with."""

    info: CheckInfo = rule("records.missing").info

    def applies(self, scene: Scene) -> bool:
        """There is anything that reports."""
        return any(service.registry for service in scene.cloud.services)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the sources have told it."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """A program that the target does not have any more is no loss, where another takes over."""
        if away := silent(scene):
            return Judgement(away, "not all registries answer")
        now = {f"{s.binary}@{s.host}" for s in scene.cloud.services if s.registry}
        up = sorted(f"{s.binary}@{s.host}" for s in scene.cloud.services if s.registry and s.state == "up")
        before = scene.baseline.get(self.info.code, {}).get("up")
        if before is None:
            return Judgement((), _counted(up), facts={"up": up})
        gone = sorted(set(before) - now - set(_replaced(before, scene)))
        told = bounded([_gone(scene, name) for name in gone])
        return Judgement(told, f"{len(before)} reported before the run, {len(up)} do now, {len(gone)} are gone")


def _counted(names: list[str]) -> str:
    counts = Counter(name.partition("@")[0] for name in names)
    return ", ".join(f"{count} {binary}" for binary, count in sorted(counts.items())) or "nobody reports"


def _replaced(before: list[str], scene: Scene) -> Iterator[str]:
    """Those of programs that the target has no more."""
    for name in before:
        known = binary(name.partition("@")[0])
        if known and scene.target and not lives_in(known, scene.target):
            yield name


def _gone(scene: Scene, name: str) -> Finding:
    return found(
        scene,
        "records.missing",
        name,
        message=f"{name.replace('@', ' on ')} reported before the run, and no registry has it any more",
        resolution="look at it there; once it reports, `stairlift resume`",
    )


class Leftovers:
    """After the upgrade no registry keeps the record of what is gone."""

    info: CheckInfo = rule("leftovers.stale").info

    def applies(self, scene: Scene) -> bool:
        """There is anything that reports."""
        return any(service.registry for service in scene.cloud.services)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the sources have told it."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Dead records, of old programs above all."""
        wraps = rule(self.info.code).wraps
        told = (*(finding for finding in scene.findings if finding.code in wraps), *silent(scene))
        return Judgement(told, f"{len(told)} dead records or silent registries")
