"""What only a person can know: it is a warning until somebody answers for it, by name, with a waiver."""

from collections.abc import Iterator, Mapping

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


class Freeze:
    """Alerts are silenced, Masakari is on maintenance, nobody else changes the cloud, and consoles can be reached."""

    info: CheckInfo = rule("freeze.unconfirmed").info

    def applies(self, scene: Scene) -> bool:
        """There is a way."""
        return scene.target is not None

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: nobody but a person knows."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Always a finding: who waives it by name has confirmed it."""
        return Judgement(
            (
                Finding(
                    code="freeze.unconfirmed",
                    severity="warning",
                    subject=scene.cloud.name,
                    message="nobody answers for silenced alerts, a change freeze, a second operator and consoles",
                    resolution="see to them, then a [[waiver]] of freeze.unconfirmed with who, why and until",
                ),
            )
        )
