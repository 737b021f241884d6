"""One event, one line: for a terminal's scroll and for a log that is no terminal."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.plan import Step
from stairlift.model.run import Event, StepState
from stairlift.report.text import clock, day, span, stamp

_GLYPHS = {
    "done": "✔",
    "passed": "✔",
    "failed": "✘",
    "unknown": "✘",
    "started": "▶",
    "resumed": "▶",
    "verifying": "…",
    "waiting": "?",
    "skipped": "↷",
    "refused": "!",
    "held": "!",
    "retrying": "↻",
    "undoing": "↶",
    "undo-verifying": "…",
    "undone": "↶",
    "undo-failed": "✘",
    "turning-round": "↶",
    "rolling-back": "↶",
    "rolled-back": "✔",
    "reopened": "↻",
    "intended": "▶",
    "made": "✔",
    "foreign": "✔",
    "not-made": "!",
    "restored": "✔",
    "settled": "✔",
    "left": "!",
    "kept": "!",
}
#: What has happened to a step, in words; where they are missing the kind itself says it.
_STEP_WORDS = {
    "verifying": "has run; its services must report now",
    "missing": "has run and is not done yet",
    "unknown": "ended, nobody knows how",
    "waiting": "waits for approval",
    "retried": "to be tried again, ordered",
    "reopened": "is to be done again",
    "retrying": "failed for a reason that passes; it begins again by itself",
    "undoing": "is being taken back",
    "undo-verifying": "has been taken back; its services must report now",
    "undone": "is taken back",
    "undo-failed": "could not be taken back",
}
_RUN_WORDS = {
    "resumed": "taken up again",
    "detached": "left by its orchestrator",
    "waiting": "waits",
    "held": "is held",
    "approved": "has its plan approved",
    "pausing": "is being paused",
    "cancelling": "is being cancelled",
    "stop-after": "is to rest",
    "turning-round": "is to be taken back",
    "rolling-back": "is being taken back",
    "rolled-back": "is taken back",
}
_EFFECT_WORDS = {
    "intended": "about to be begun",
    "made": "begun",
    "foreign": "was so before: it stays",
    "not-made": "not begun",
    "restored": "put back",
    "settled": "settled",
    "left": "not put back",
    "kept": "stays until somebody has looked",
    "handed-over": "handed over to run {run}",
    "taken-over": "taken over from run {run}",
}
#: Where an event leaves its step.
LEAVES: Mapping[str, StepState] = {
    "step.started": StepState.RUNNING,
    "step.verifying": StepState.VERIFYING,
    "step.missing": StepState.VERIFYING,
    "step.done": StepState.DONE,
    "step.passed": StepState.DONE,
    "step.failed": StepState.FAILED,
    "step.unknown": StepState.UNKNOWN,
    "step.skipped": StepState.SKIPPED,
    "step.waiting": StepState.WAITING,
    "step.retried": StepState.PENDING,
    "step.reopened": StepState.PENDING,
    "step.approved": StepState.PENDING,
    "step.retrying": StepState.RETRYING,
    "step.undoing": StepState.UNDOING,
    "step.undo-verifying": StepState.UNDOING,
    "step.undone": StepState.UNDONE,
    "step.undo-failed": StepState.UNDO_FAILED,
}
_IN_FLIGHT_SHOWN = 3


def event_line(event: Event, steps: Mapping[str, Step]) -> str:
    """Time, what happened, to which step on which hosts, by whom and why."""
    return f"{clock(event.at)} {_told(event, steps)}"


def audit_line(event: Event, steps: Mapping[str, Step]) -> str:
    """The same for who reads a run's story later: its number, its day, what an approval covers and rests on.

    Of a word that came through a server, from which address, too.
    """
    covers = f" [covers {event.data['covers']}]" if event.data.get("covers") else ""
    address = event.data.get("via", {}).get("address")
    came = f" [from {address}]" if address else ""
    return f"{event.seq:>6}  {day(event.at)} {_told(event, steps)}{covers}{came}{_seen(event)}"


def event_document(event: Event) -> dict[str, Any]:
    """For programs."""
    return {
        "seq": event.seq,
        "at": stamp(event.at),
        "kind": event.kind,
        "step": event.step,
        "attempt": event.attempt,
        "data": dict(event.data),
    }


def _told(event: Event, steps: Mapping[str, Step]) -> str:
    kind, _, what = event.kind.partition(".")
    tell = {"step": _about_step, "command": _about_command, "effect": _about_effects}.get(kind, _about_run)
    return f"{_GLYPHS.get(what, '·')} {tell(event, what, steps)}"


def _about_step(event: Event, what: str, steps: Mapping[str, Step]) -> str:
    step = steps.get(event.step or "")
    named = _named(step) if step else str(event.step)
    attempt = f" (attempt {event.attempt})" if event.attempt and event.attempt > 1 else ""
    blanket = " with the whole run" if event.data.get("blanket") else ""
    return f"{named}{attempt} {_STEP_WORDS.get(what, what)}{blanket}{_by(event)}{_because(event)}"


def _seen(event: Event) -> str:
    """What a fresh look at the cloud found before the step."""
    evidence = event.data.get("evidence") or []
    return f" [seen: {'; '.join(map(str, evidence))}]" if evidence else ""


def _named(step: Step) -> str:
    """The step and its hosts, unless its id tells them."""
    told = len(step.hosts) == 1 and step.id.endswith(f"@{step.hosts[0]}")
    return step.id if told or not step.hosts else f"{step.id} on {span(step.hosts)}"


def _about_run(event: Event, what: str, _steps: Mapping[str, Step]) -> str:
    plan = f" for plan {event.data.get('plan', 'unknown')}" if what == "created" else ""
    reason = f" ({event.data['reason']})" if event.data.get("reason") else ""
    return f"run {event.run} {_RUN_WORDS.get(what, what)}{plan}{_behind(event)}{_by(event)}{reason}{_going_on(event)}"


def _behind(event: Event) -> str:
    return f" after stage {event.data['stage']}" if event.data.get("stage") else ""


def _going_on(event: Event) -> str:
    busy = event.data.get("in_flight") or []
    more = f" and {len(busy) - _IN_FLIGHT_SHOWN} more" if len(busy) > _IN_FLIGHT_SHOWN else ""
    return f"; going on without it: {', '.join(busy[:_IN_FLIGHT_SHOWN])}{more}" if busy else ""


def _about_command(event: Event, what: str, _steps: Mapping[str, Step]) -> str:
    data = event.data
    about = f" of {data['step']}" if data.get("step") else ""
    told = f"{data.get('kind', 'a command')}{about}{_by(event)} {what}"
    return f"{told}: {data['answer']}" if data.get("answer") else f"{told}{_because(event)}"


def _about_effects(event: Event, what: str, _steps: Mapping[str, Step]) -> str:
    words = _EFFECT_WORDS.get(what, what).format(run=event.data.get("run", ""))
    return f"{span(list(event.data.get('effects', ())))} {words}{_by(event)}{_because(event)}"


def _by(event: Event) -> str:
    return f" by {event.data['actor']}" if event.data.get("actor") else ""


def _because(event: Event) -> str:
    return f": {event.data['reason']}" if event.data.get("reason") else ""
