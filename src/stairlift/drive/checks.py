"""Carrying checks out: which apply, what they ask, all of it at once, and what came of it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stairlift.check.answers import MALFORMED, Unanswered, nonsense
from stairlift.drive.questions import PATIENCE, Ways, ask_all
from stairlift.model.check import CheckResult, CheckState, HostQuestion, Judgement, Phase, Question, Reply, Scene
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding, Waiver
from stairlift.ports import Check, Following

_LOG = logging.getLogger(__name__)
_NO_SHELL = Reply(trouble=Trouble.UNREACHABLE, detail="there is no shell on it")


@dataclass(frozen=True, slots=True)
class _Asking:
    """A check that applies, with its questions; or why it has none."""

    check: Check
    questions: Mapping[str, Question]
    wrong: str = ""


def run_checks(
    checks: Iterable[Check],
    scene: Scene,
    ways: Ways,
    *,
    phase: Phase,
    waivers: Sequence[Waiver] = (),
    patience: float = PATIENCE,
) -> tuple[CheckResult, ...]:
    """How the checks of a phase come out that apply, in their order. Nothing that a check does is raised."""
    asking = [one for check in checks if phase in check.info.phases and (one := _asking(check, scene))]
    lacking = {one.check.info.code: _lacking(one.check, scene, ways) for one in asking}
    able = [one for one in asking if not lacking[one.check.info.code]]
    closed = _closed(able, scene)
    replies = closed | dict(ask_all((q for q in _questions(able) if q not in closed), ways, patience=patience))
    whole = {one.check.info.code: _followed(one, scene, replies) for one in able}
    replies |= ask_all((q for q in _questions(whole.values()) if q not in replies), ways, patience=patience)
    return tuple(
        _result(whole[code], scene, replies, waivers) if code in whole else _skipped(one, scene, lacking[code])
        for one in asking
        if (code := one.check.info.code)
    )


def _questions(asking: Iterable[_Asking]) -> list[Question]:
    return [question for one in asking for question in one.questions.values()]


def _closed(asking: Iterable[_Asking], scene: Scene) -> dict[Question, Reply]:
    """Hosts of the cloud that nobody gave a way to are not tried by their names."""
    shells = (q for q in _questions(asking) if isinstance(q, HostQuestion) and q.host not in scene.shells)
    return {question: _NO_SHELL for question in shells if scene.cloud.host(question.host)}


def _asking(check: Check, scene: Scene) -> _Asking | None:
    try:
        if not check.applies(scene):
            return None
        return _Asking(check, dict(check.asks(scene)))
    except Exception as error:  # it may be anybody's code  # noqa: BLE001
        _LOG.debug("check %s", check.info.code, exc_info=error)
        return _Asking(check, {}, f"the check failed with {type(error).__name__} before it could ask")


def _followed(one: _Asking, scene: Scene, replies: Mapping[Question, Reply]) -> _Asking:
    """With what it asks once it has its first answers."""
    if one.wrong or not isinstance(one.check, Following):
        return one
    try:
        further = one.check.asks_next(scene, _own(one, replies))
    except Exception as error:  # noqa: BLE001
        _LOG.debug("check %s", one.check.info.code, exc_info=error)
        return one  # what is wrong with the answers is told where they are judged
    return replace(one, questions={**one.questions, **further})


def _lacking(check: Check, scene: Scene, ways: Ways) -> str:
    """Why nobody can ask; "" where it can be asked."""
    needs = check.info.needs
    if needs == "shell" and (ways.remote is None or not scene.shells):
        return "it needs a shell on hosts, and none was given: --inventory hosts:INVENTORY"
    if needs == "api" and ways.api is None:
        return "it needs the cloud's API, and only other sources were given"
    return ""


def _skipped(one: _Asking, scene: Scene, why: str) -> CheckResult:
    return CheckResult(one.check.info, "skipped", scene.now, Judgement(unknown=why))


def _result(one: _Asking, scene: Scene, replies: Mapping[Question, Reply], waivers: Sequence[Waiver]) -> CheckResult:
    judgement = Judgement(unknown=one.wrong) if one.wrong else judged(one.check, scene, _own(one, replies))
    return with_state(CheckResult(one.check.info, "unknown", scene.now, judgement), waivers)


def _own(one: _Asking, replies: Mapping[Question, Reply]) -> dict[str, Reply]:
    return {key: replies[question] for key, question in one.questions.items()}


def judged(check: Check, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
    """What a check makes of its answers; one that cannot read them does not know."""
    try:
        return check.judge(scene, replies)
    except Unanswered as why:
        return Judgement(unknown=str(why))
    except MALFORMED as error:
        _LOG.debug("check %s", check.info.code, exc_info=error)
        return Judgement(unknown=nonsense(error))
    except Exception as error:  # noqa: BLE001
        _LOG.debug("check %s", check.info.code, exc_info=error)
        return Judgement(unknown=f"the check failed with {type(error).__name__}")


def with_state(result: CheckResult, waivers: Sequence[Waiver]) -> CheckResult:
    """The result with its state: what no waiver covers counts."""
    grave = [finding for finding in result.findings if finding.severity != "info"]
    granted = [waiver for finding in grave if (waiver := _waiver(finding, waivers))]
    open_ = [finding for finding in grave if not _waiver(finding, waivers)]
    state: CheckState = "passed" if not grave else "waived" if not open_ else _worst(result, open_)
    return replace(result, state=state, waived_by="; ".join(dict.fromkeys(map(str, granted))))


def _worst(result: CheckResult, grave: Sequence[Finding]) -> CheckState:
    found = set(result.judgement.findings)
    return "failed" if any(finding in found for finding in grave) else "unknown"


def _waiver(finding: Finding, waivers: Sequence[Waiver]) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.covers(finding)), None)
