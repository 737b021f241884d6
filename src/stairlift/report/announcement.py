"""What the users of a cloud are told of an upgrade: what they may notice, when, whom to ask; nothing from inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from stairlift.knowledge.releases import describe
from stairlift.knowledge.service_types import all_service_types
from stairlift.model.plan import Plan
from stairlift.model.run import Run, RunState
from stairlift.report.estimates import Estimate
from stairlift.report.figures import Availability
from stairlift.report.outlook import Outlook, outlooks
from stairlift.report.text import duration

Occasion = Literal["start", "end"]
#: What answers other services only.
_INSIDE = frozenset({"placement"})
#: Names that are letters.
_SPELT = frozenset({"dns"})
_SERVERS = {
    "never": "Your servers keep running where they are.",
    "live-migrate": "Your servers keep running. Each is moved to another machine, and may stand still for a moment.",
    "cold": "Each of your servers is stopped, moved to another machine, and started there.",
    "wait-empty": "Servers on some machines have to be removed by you first; you are told which.",
}
_ENDS = {
    RunState.DONE: "The upgrade of {cloud} to OpenStack {target} is complete.",
    RunState.ROLLED_BACK: "The upgrade of {cloud} was taken back. It runs OpenStack {source}, as before.",
    RunState.CANCELLED: "The upgrade of {cloud} was ended early. We tell you before we go on with it.",
}
_NOT_YET = "The upgrade of {cloud} to OpenStack {target} takes longer than one go. We tell you when it is complete."


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom users may ask, where they can look, and what the cloud is called towards them; "" is left out."""

    cloud: str = ""
    ask: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What is announced. `run` is None before there is one, `felt` what was measured, where it was."""

    plan: Plan
    estimate: Estimate
    run: Run | None = None
    felt: Availability | None = None


def announced(occasion: Occasion, about: Occurrence, contact: Contact) -> str:
    """The whole text: its first line is good for a subject."""
    tell = _start if occasion == "start" else _end
    return "\n\n".join("\n".join(block) for block in (*tell(about, contact), _whom(contact)) if block) + "\n"


def _start(about: Occurrence, contact: Contact) -> Sequence[Sequence[str]]:
    plan, cloud = about.plan, contact.cloud or about.plan.cloud
    noticed = list(_noticed(outlooks(plan, about.estimate)))
    return (
        [f"Maintenance: {cloud} is upgraded to OpenStack {describe(plan.target)}"],
        [_begins(about), _lasts(about.estimate), "We tell you when it is complete."],
        [_SERVERS.get(str(plan.policy.get("drain", "never")), _SERVERS["never"])],
        ["What you may notice when you use the cloud's services:", *noticed] if noticed else [],
    )


def _begins(about: Occurrence) -> str:
    begun = about.run.started_at if about.run else None
    return f"We began at {_minute(begun)}." if begun else "We tell you when we begin."


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _lasts(estimate: Estimate) -> str:
    if estimate.whole is None:
        return "How long it takes is not known beforehand."
    usual, careful = (_rounded(seconds) for seconds in (estimate.whole.p50, estimate.whole.p90))
    return f"We expect it to take about {usual}." if usual == careful else f"We expect it to take {usual} to {careful}."


def _rounded(seconds: float) -> str:
    """To whole minutes: nobody outside plans by seconds."""
    return duration(timedelta(minutes=max(1, -(-seconds // 60)))).removesuffix(" 00s")


def _noticed(found: Iterable[Outlook]) -> Iterable[str]:
    for one in found:
        if one.project not in _INSIDE and (words := _words(one)):
            yield f"- {service_of(one.project)}: {words}"


def _words(one: Outlook) -> str:
    if one.verdict == "down":
        lasts = f", up to {_rounded(one.lasts)}" if one.lasts is not None else ""
        return f"it does not answer for a time{lasts}. Please plan no changes there meanwhile."
    if one.verdict in ("brief", "open"):
        return "now and then a request may fail. Please try again."
    return ""


def service_of(project: str) -> str:
    """What users call the service of a project: by the official name of its type."""
    types = (one.name for one in all_service_types() if one.project == project)
    name = next(types, "dashboard" if project == "horizon" else project)
    return name.upper() if name in _SPELT else name.replace("-", " ").capitalize()


def _end(about: Occurrence, contact: Contact) -> Sequence[Sequence[str]]:
    run, plan, cloud = about.run, about.plan, contact.cloud or about.plan.cloud
    names = {"cloud": cloud, "source": describe(plan.source), "target": describe(plan.target)}
    over = run is not None and run.state in _ENDS
    head = (_ENDS[run.state] if run and over else _NOT_YET).format(**names)
    when = f"It ended at {_minute(run.ended_at)}." if run and over and run.ended_at else ""
    return ([head], [when] if when else [], _lost(about.felt))


def _lost(felt: Availability | None) -> Sequence[str]:
    """What was measured of each service that did not always answer."""
    if felt is None:
        return []
    down = [one for one in felt.apis if one.failed and one.name not in _INSIDE]
    if not down:
        return ["We watched the services all the time: none of our requests failed."]
    lines = [f"- {service_of(one.name)}: for {_rounded(one.downtime)} at most" for one in down]
    return ["Meanwhile these services did not always answer:", *lines]


def _whom(contact: Contact) -> Sequence[str]:
    ask = [f"Questions: {contact.ask}"] if contact.ask else []
    return [*ask, *([f"How it stands: {contact.page}"] if contact.page else [])]
