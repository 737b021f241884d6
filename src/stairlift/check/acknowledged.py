"""What only a person can know: it is a warning until somebody answers for it, by name, with a waiver."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from stairlift.knowledge.checks import rule
from stairlift.knowledge.releases import all_series
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding
from stairlift.model.release import Release


class ReleaseNotes:
    """The upgrade notes of every release on the way have been read: of a hop that skips one, of both."""

    info: CheckInfo = rule("notes.unread").info

    def applies(self, scene: Scene) -> bool:
        """There is a way."""
        return scene.target is not None

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: nobody but a person knows."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """One finding for each release, so that a waiver names what was read."""
        passed = tuple(_passed(scene))
        return Judgement(tuple(map(_notes, passed)), f"releases on the way: {', '.join(map(str, passed))}")


def _passed(scene: Scene) -> Iterator[Release]:
    for series in all_series():
        release = series.release
        if scene.target and (scene.source or scene.target) <= release <= scene.target and release != scene.source:
            yield release


def _notes(release: Release) -> Finding:
    return Finding(
        code="notes.unread",
        severity="warning",
        subject=str(release),
        message=f"nobody answers for having read the upgrade notes of {release}",
        resolution=f"read them, then a [[waiver]] of notes.unread, subject {str(release)!r}, who and why",
    )


def _way(scene: Scene) -> bool:
    return scene.target is not None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One question to a person about the cloud as a whole: who waives it by name has answered.

    It is asked where `when` says so; `code` is that of the catalogue.
    """

    code: str
    message: str
    resolution: str
    when: Callable[[Scene], bool] = _way

    @property
    def info(self) -> CheckInfo:
        """As the catalogue has it."""
        return rule(self.code).info

    def applies(self, scene: Scene) -> bool:
        """See ports.Check."""
        return self.when(scene)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: nobody but a person knows."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Always a finding."""
        return Judgement((Finding(self.code, self.info.severity, scene.cloud.name, self.message, self.resolution),))


FREEZE = partial(
    Acknowledged,
    "freeze.unconfirmed",
    message="nobody answers for silenced alerts, a change freeze, a second operator and consoles",
    resolution="see to them, then a [[waiver]] of freeze.unconfirmed with who, why and until",
)
#: Only where no backup is named that the other checks look at.
BACKUP = partial(
    Acknowledged,
    "backup.unconfirmed",
    message="nobody knows of a backup, the only way back from a one-way step",
    resolution="say where it is, in [checks.backup], or answer for it: a [[waiver]] of backup.unconfirmed",
    when=lambda scene: scene.target is not None and scene.backups is None,
)
