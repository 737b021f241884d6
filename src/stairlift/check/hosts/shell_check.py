"""A check of the catalogue that asks hosts, put together of what it asks and how one answer is judged."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from stairlift.check.api.finding import found
from stairlift.check.hosts.reading import Survey, one_by_one, survey_of
from stairlift.knowledge.checks import CheckRule, rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding, Severity

#: Findings, and texts as evidence.
Told = Iterable[Finding | str]


@dataclass(frozen=True, slots=True)
class About:
    """What an answer is about: the check, its scene and the key of its question, most often a host or a project."""

    code: str
    scene: Scene
    subject: str

    @property
    def rule(self) -> CheckRule:
        """The entry of the catalogue, with its limits."""
        return rule(self.code)

    def found(self, message: str, resolution: str, *, subject: str = "", severity: Severity | None = None) -> Finding:
        """A finding about this subject, or about a part of it."""
        named = subject or self.subject
        return found(self.scene, self.code, named, message=message, resolution=resolution, severity=severity)


@dataclass(frozen=True, slots=True)
class ShellCheck:
    """Fills ports.Check. `asking` says what is asked in a scene, and `look` judges each answer by itself.

    It applies where there is anything to ask, on ways that its rule concerns. `look` raises Unanswered for what it
    could not find out; `together` judges what only all answers show that could be read.
    """

    code: str
    asking: Callable[[Scene], Mapping[str, Question]]
    look: Callable[[About, Reply], Told]
    together: Callable[[About, Mapping[str, Reply]], Told] | None = None

    @property
    def info(self) -> CheckInfo:
        """See ports.Check."""
        return rule(self.code).info

    def applies(self, scene: Scene) -> bool:
        """Whether there is anybody to ask."""
        return rule(self.code).concerns(scene.target) and bool(self.asking(scene))

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """See ports.Check."""
        return self.asking(scene)

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """One answer after the other: what one host does not tell hides nothing of the others."""
        readable: dict[str, Reply] = {}

        def one(subject: str, reply: Reply) -> Told:
            told = tuple(self.look(About(self.code, scene, subject), reply))
            readable[subject] = reply
            return told

        made = one_by_one(replies, one)
        if self.together is None:
            return replace(made, findings=tuple(dict.fromkeys(made.findings)))
        told = tuple(self.together(About(self.code, scene, scene.cloud.name), readable))
        found = (*made.findings, *(one for one in told if isinstance(one, Finding)))
        seen = (text for text in (made.evidence, *(one for one in told if isinstance(one, str))) if text)
        return replace(made, findings=tuple(dict.fromkeys(found)), evidence="; ".join(seen))


def by_sections(look: Callable[[About, Survey], Told]) -> Callable[[About, Reply], Told]:
    """For answers that have sections."""
    return lambda about, reply: look(about, survey_of(reply))
