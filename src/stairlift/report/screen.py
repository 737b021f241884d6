"""One run on one screen: what it is doing, whether that is normal, what is amiss, what blocks it, what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stairlift.knowledge.releases import describe
from stairlift.model.hindrance import Hindrance
from stairlift.model.plan import Action, Step
from stairlift.model.release import Release
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Run, RunState, StepState, StepStatus
from stairlift.report.course import Milestone
from stairlift.report.expected import Expected, slow_words
from stairlift.report.health import Health, health_of
from stairlift.report.signs import Sign, run_sign, step_sign
from stairlift.report.status import SHOWN, Standing
from stairlift.report.text import count, duration, span
from stairlift.report.why import ending, sentence

_AT_WORK: Mapping[Action, str] = {
    "prepare": "Preparing",
    "backup": "Backing up",
    "db-expand": "Expanding the database of",
    "db-contract": "Contracting the database of",
    "db-migrate": "Migrating the data of",
    "cordon": "Cordoning",
    "drain": "Draining",
    "upgrade": "Upgrading",
    "verify": "Verifying",
    "uncordon": "Uncordoning",
    "unpin": "Unpinning",
    "approve": "Asking about",
}
#: These are about their hosts as a whole.
_OF_HOSTS: frozenset[Action] = frozenset({"cordon", "drain", "uncordon"})


@dataclass(frozen=True, slots=True)
class Busy:
    """A step in flight: since when, what it does, and whether it takes longer than its like."""

    step: str
    sign: Sign
    where: str
    what: str
    since: datetime | None
    task: str
    slow: str


@dataclass(frozen=True, slots=True)
class Link:
    """One of the chain of reasons why the next step does not move; `depth` is how far behind the first it stands."""

    depth: int
    step: str
    sentence: str
    ending: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page of a run says but what can be told it."""

    run: Run
    sign: Sign
    way: str
    sentence: str
    since: datetime | None
    usual: str
    health: tuple[Health, ...]
    busy: tuple[Busy, ...]
    in_flight: int
    blocked: tuple[Link, ...]
    orchestrator: str

    @property
    def over(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.run.state in FINAL_RUN_STATES

    @property
    def alarm(self) -> str:
        """What somebody should be told at once; empty where nothing is so urgent."""
        bad = [one.subject for one in self.health if one.level == "bad"]
        if self.run.state in {RunState.WAITING, RunState.FAILED}:
            return f"{self.run.cloud} is {self.sign.word}: {self.sentence}"
        return f"not well: {', '.join(bad[:3])}" if bad else ""


def screen(standing: Standing, milestones: Sequence[Milestone], now: datetime, usual: Expected | None) -> Screen:
    """What there is to see at that time; `usual` is what the like of the first step in flight took."""
    run, busy = standing.run, standing.in_state(*IN_FLIGHT)
    sentence, since = _sentence(standing, busy, milestones)
    who = standing.orchestrator
    return Screen(
        run=run,
        sign=run_sign(run.state),
        way=f"{_series(run.source)} → {_series(run.target)}",
        sentence=sentence,
        since=since,
        usual=usual_words(usual) if usual and busy else "",
        health=health_of(standing, now),
        busy=tuple(_busy(standing, status) for status in busy[:SHOWN]),
        in_flight=len(busy),
        blocked=() if run.state in FINAL_RUN_STATES else tuple(_chain(standing.why, now)),
        orchestrator=f"{who.host}, process {who.pid}" if who else "",
    )


def usual_words(usual: Expected) -> str:
    """How long the like took."""
    shortest, longest = duration(usual.shortest), duration(usual.longest)
    return f"usually {shortest if shortest == longest else f'{shortest} to {longest}'}"


def _series(text: str) -> str:
    return describe(Release.parse(text))


def _sentence(
    standing: Standing, busy: Sequence[StepStatus], milestones: Sequence[Milestone]
) -> tuple[str, datetime | None]:
    """What the run is at, and since when."""
    run = standing.run
    if run.state is RunState.DONE:
        return f"{run.cloud} runs {_series(run.target)}", run.ended_at
    if run.state in {RunState.RUNNING, RunState.ROLLING_BACK} and busy:
        return _doing(standing.by_id[busy[0].id], busy, milestones, back=run.state is RunState.ROLLING_BACK)
    return _resting(standing), run.ended_at


def _doing(
    step: Step, busy: Sequence[StepStatus], milestones: Sequence[Milestone], *, back: bool
) -> tuple[str, datetime | None]:
    first = busy[0]
    told = f"Taking back {step.id}" if back else f"{_AT_WORK[step.action]} {_object(step)}"
    if first.state is StepState.VERIFYING:
        told = f"Waiting for {_object(step)} to report"
    others = f" and {len(busy) - 1} more" if len(busy) > 1 else ""
    return f"{told}{others}{'' if back else _position(step, milestones)}", first.worked_at or first.started_at


def _object(step: Step) -> str:
    if step.action in _OF_HOSTS or not step.services:
        return span(step.hosts)
    if step.action.startswith("db-") and step.project:
        return step.project
    return f"{', '.join(step.services[:3])}{' …' if len(step.services) > 3 else ''} on {span(step.hosts)}"


def _position(step: Step, milestones: Sequence[Milestone]) -> str:
    found = next((m for m in milestones if (m.hop, m.stage) == (str(step.target), step.stage)), None)
    return f", {found.stage} {min(found.settled + 1, found.total)} of {found.total}" if found else ""


def _resting(standing: Standing) -> str:
    run, unwell = standing.run, standing.number(*standing.unwell)
    if run.state is RunState.WAITING:
        if standing.waits_for_plan:
            return "Waiting for somebody to approve the plan"
        waiting = standing.number(StepState.WAITING)
        return f"Waiting for approval of {count(waiting, 'step')}" if waiting else "Waiting for a word on what failed"
    told = {
        RunState.PENDING: _between(standing) if standing.attended else "Not begun",
        RunState.RUNNING: _between(standing) if standing.attended else "Nobody carries it on",
        RunState.ROLLING_BACK: "On its way back" if standing.attended else "On its way back, and nobody carries it on",
        RunState.PAUSED: "Paused",
        RunState.CANCELLED: "Cancelled; what was done stays done",
        RunState.ROLLED_BACK: f"Taken back to {_series(run.source)}",
        RunState.FAILED: f"Stopped with {count(unwell, 'step')} not well" if unwell else "Failed",
    }[run.state]
    return f"{told}: {run.reason}" if run.reason and run.state is not RunState.FAILED else told


def _between(standing: Standing) -> str:
    """What somebody is at who carries a run on of which nothing is in flight."""
    if standing.number(*StepState) > standing.number(StepState.PENDING, StepState.WAITING):
        return "Between two steps: it looks whether the next may begin"
    return "Getting ready: it looks at the cloud, and nothing is changed yet"


def _busy(standing: Standing, status: StepStatus) -> Busy:
    step = standing.by_id[status.id]
    unheard = status.state is StepState.VERIFYING or (status.state is StepState.UNDOING and status.worked_at)
    since = status.worked_at if unheard else status.started_at
    slow = standing.slow.get(status.id)
    return Busy(
        step=status.id,
        sign=step_sign(status.state),
        where=span(step.hosts),
        what=step.action,
        since=since,
        task=standing.doing.get(status.id, ""),
        slow=slow_words(slow) if slow else "",
    )


def _chain(found: Iterable[Hindrance], now: datetime, depth: int = 0) -> Iterable[Link]:
    for hindrance in found:
        if hindrance.kind != "next":
            told = sentence(hindrance, now)
            who = ending(hindrance) if hindrance.who != "nobody" or hindrance.kind == "over" else ""
            yield Link(depth, hindrance.step, told, who, hindrance.commands)
        yield from _chain(hindrance.behind, now, depth + 1)
