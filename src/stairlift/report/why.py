"""Why a step does not move, as people read it and as programs do."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from stairlift.model.hindrance import Hindrance, Kind
from stairlift.model.run import Run, StepState, StepStatus
from stairlift.report.text import clock, duration, span, stamp

_WHO = {
    "nobody": "nobody has to do anything",
    "operator": "whoever operates the cloud",
    "approver": "whoever may approve",
}


def why_lines(run: Run, status: StepStatus, found: Sequence[Hindrance], now: datetime) -> tuple[str, ...]:
    """The whole chain: what it waits for, since when, who can end that, and with which command."""
    if not found:
        return (f"{status.id}: {_through(status)}",)
    return (f"{status.id} is {status.state}, in run {run.id}:", *_below(found, now, "  "))


def why_line(found: Sequence[Hindrance], run: Run, now: datetime) -> str:
    """The most important in one line, with where to read the rest."""
    first = found[0]
    root = _root(first)
    told = sentence(first, now)
    if root is not first:
        told += f": {root.step} {sentence(root, now)}"
    return f"next: {first.step} {told}; whole: stairlift status {run.id} --why {first.step}"


def why_document(found: Iterable[Hindrance]) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "step": h.step,
            "kind": h.kind,
            "by": list(h.by),
            "since": stamp(h.since),
            "due": stamp(h.due),
            "key": h.key or None,
            "hosts": list(h.hosts),
            "said": h.said,
            "who": h.who,
            "commands": list(h.commands),
            "behind": why_document(h.behind),
        }
        for h in found
    ]


def _through(status: StepStatus) -> str:
    told = {StepState.DONE: "it is done", StepState.SKIPPED: "it was skipped", StepState.UNDONE: "it was taken back"}
    since = f", since {clock(status.ended_at)}" if status.ended_at else ""
    reason = f" ({status.reason})" if status.reason else ""
    return f"nothing holds it up: {told.get(status.state, str(status.state))}{since}{reason}"


def _below(found: Iterable[Hindrance], now: datetime, indent: str) -> Iterator[str]:
    for hindrance in found:
        subject = "" if indent == "  " else f"{hindrance.step} "
        yield f"{indent}{subject}{sentence(hindrance, now)}"
        if hindrance.who != "nobody" or not hindrance.by:  # else it ends with what it is held up by
            yield f"{indent}  can end it: {ending(hindrance)}"
        yield from (f"{indent}  $ {command}" for command in hindrance.commands)
        yield from _below(hindrance.behind, now, indent + "  ")


def ending(hindrance: Hindrance) -> str:
    """Who can bring it to its end."""
    return "nobody any more" if hindrance.kind == "over" else _WHO[hindrance.who]


def _root(hindrance: Hindrance) -> Hindrance:
    while hindrance.behind:
        hindrance = hindrance.behind[0]
    return hindrance


def sentence(hindrance: Hindrance, now: datetime) -> str:
    """What it does to its step, and for how long."""
    since = f", for {duration(now - hindrance.since)}" if hindrance.since else ""
    return f"{_SAY[hindrance.kind](hindrance, now)}{since}"


def _steps(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _because(text: str) -> str:
    return f": {text}" if text else ""


def _due(hindrance: Hindrance, now: datetime) -> str:
    if hindrance.due is None:
        return ""
    left = hindrance.due - now
    return f" in {duration(left)}" if left.total_seconds() > 0 else " at any moment"


def _budget(h: Hindrance, _now: datetime) -> str:
    name = f" of {h.key}" if h.key else ""
    return f"does not start, since the failure budget{name} is {h.wide} and {span(h.hosts)} failed"


def _window(h: Hindrance, _now: datetime) -> str:
    out = f"{len(h.hosts)} of {h.wide} out ({span(h.hosts)})" if h.hosts else f"{h.wide} are out"
    return f"waits for room in {h.key}: {out}" + (f", held by {_steps(h.by)}" if h.by else "")


_SAY: Mapping[Kind, Callable[[Hindrance, datetime], str]] = {
    "over": lambda h, _: f"will not start any more: {h.said}",
    "unattended": lambda h, _: f"waits for an orchestrator: {h.said or 'nobody carries the run on now'}",
    "rest": lambda h, _: f"waits for the run to go on{_because(h.said)}",
    "budget": _budget,
    "plan": lambda h, _: f"waits for somebody to approve the plan{_because(h.said)}",
    "stage": lambda h, _: f"does not start, since the run goes no further than stage {h.key} for now",
    "approval": lambda h, _: f"{'waits for' if h.since else 'will ask for'} approval{_because(h.said)}",
    "need": lambda h, _: f"needs {_steps(h.by)}",
    "turn": lambda h, _: f"comes after {_steps(h.by)}",
    "window": _window,
    "undo": lambda h, _: f"is taken back after {_steps(h.by)}",
    "alone": lambda h, _: f"waits for the one process that strategy {h.key} bears: {_steps(h.by)}",
    "pause": lambda h, now: f"failed for a reason that passes ({h.said}) and begins again by itself{_due(h, now)}",
    "failed": lambda h, _: f"is not well{_because(h.said)}",
    "queue": lambda h, _: f"waits for a worker of queue {h.key}{_because(h.said)}",
    "working": lambda h, _: f"is at work{_because(h.said)}",
    "report": lambda h, now: f"waits for {h.said} to report{_deadline(h, now)}",
    "gate": lambda h, now: f"is waited for at its gate: {h.said}{_deadline(h, now)}",
    "next": lambda _h, _: "is next: it starts with the orchestrator's next look",
}


def _deadline(h: Hindrance, now: datetime) -> str:
    return f" (its time is over{_due(h, now)})" if h.due else ""
