"""What is told of a run to people and programs elsewhere: which events are worth a notice, and what it says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from stairlift.model.notice import TEST, Notice, NoticeKind
from stairlift.model.plan import Step
from stairlift.model.run import SETTLED, UNWELL, Event, Run, RunState, StepState
from stairlift.report.text import count, span, stamp

SCHEMA = "stairlift.notice/1"
_KINDS: Mapping[str, NoticeKind] = {
    "run.started": "started",
    "run.resumed": "resumed",
    "run.waiting": "approval_requested",
    "step.waiting": "approval_requested",
    "step.failed": "step_failed",
    "step.unknown": "step_failed",
    "step.undo-failed": "step_failed",
    "run.paused": "paused",
    "run.done": "finished",
    "run.failed": "failed",
    "run.cancelled": "cancelled",
    "run.rolled-back": "rolled_back",
}
#: The state that a run is in once that was told of it.
_STATES: Mapping[str, RunState] = {
    "approval_requested": RunState.WAITING,
    "paused": RunState.PAUSED,
    "finished": RunState.DONE,
    "failed": RunState.FAILED,
    "cancelled": RunState.CANCELLED,
    "rolled_back": RunState.ROLLED_BACK,
}
#: So many steps are named; of more, the number is told.
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Scene:
    """What a notice may need beside the events: the run, its steps that are named, and how many are in which state."""

    run: Run
    steps: Mapping[str, Step] = field(default_factory=dict)
    counts: Mapping[StepState, int] = field(default_factory=dict)


def kind_of(event: Event) -> NoticeKind | None:
    """What an event is to people elsewhere, if it is anything."""
    return _KINDS.get(event.kind)


def notices_of(scene: Scene, events: Iterable[Event]) -> Iterator[Notice]:
    """The notices of these events. Steps that fail, or wait, side by side make one, by the number of the last."""
    for _, group in groupby(filter(kind_of, events), key=_alike):
        together = list(group)
        yield _notice(scene, _KINDS[together[0].kind], together)


def _alike(event: Event) -> tuple[str, int]:
    """What events have in common that make one notice; words about a run as a whole are each their own."""
    return _KINDS[event.kind], 0 if event.step else event.seq


def reminder_of(notice: Notice, again: int) -> Notice:
    """The same once more, told as a reminder."""
    title = f"still: {notice.content['title']}"
    content = {**notice.content, "title": title, "reminder": True}
    return Notice(notice.run, notice.seq, notice.kind, notice.at, content, again)


def announced_as(notice: Notice, text: str) -> Notice:
    """The same in the words of an announcement: its first line is the title, and nothing else from inside is in it."""
    title, _, rest = text.partition("\n")
    kept = ("schema", "run", "cloud", "from", "to", "state")
    content = {**{key: notice.content[key] for key in kept}, "title": title, "text": rest.strip(), "reminder": False}
    return replace(notice, content=content)


def trial_of(channel: str, at: datetime) -> Notice:
    """What a channel is tried out with; its number is the time, so that no receiver takes it for one that it knows."""
    title = f"a notice to try the channel {channel} out: whoever reads it is told what happens to runs"
    content = {"schema": SCHEMA, "run": None, "cloud": "", "title": title, "text": "Nothing has happened."}
    return Notice("", int(at.timestamp()), TEST, at, content)


def cloud_event(notice: Notice) -> dict[str, Any]:
    """A notice as CloudEvents 1.0 has it (structured mode): `source` and `id` together never come twice."""
    about = {"subject": notice.content["cloud"]} if notice.content.get("cloud") else {}  # which must not be empty
    return {
        "specversion": "1.0",
        "id": notice.id,
        "source": f"/v1/runs/{notice.run}" if notice.run else "/v1/notices",
        "type": f"io.stairlift.run.{notice.kind}" if notice.run else f"io.stairlift.{notice.kind}",
        **about,
        "time": stamp(notice.at),
        "datacontenttype": "application/json",
        "data": dict(notice.content),
    }


def body_of(notice: Notice) -> str:
    """A notice as people read it, below its title: what happened to which step, how far it is, what to type."""
    content = notice.content
    if content.get("text"):
        return str(content["text"])
    lines = [content["reason"]] if content.get("reason") else []
    lines += [_step_line(step) for step in content.get("steps", ())]
    if (left := content.get("steps_total", 0) - len(content.get("steps", ()))) > 0:
        lines.append(f"... and {left} more")
    if content.get("progress"):
        lines.append(progress_words(content["progress"]))
    return "\n".join([*lines, *(f"$ {command}" for command in content.get("commands", ()))])


def progress_words(counts: Mapping[str, int]) -> str:
    """How far a run is: 12 of 40 steps done, 1 failed."""
    done = sum(counts.get(state, 0) for state in SETTLED)
    bad = sum(counts.get(state, 0) for state in UNWELL)
    return f"{done} of {count(sum(counts.values()), 'step')} done" + (f", {bad} failed" if bad else "")


def _notice(scene: Scene, kind: NoticeKind, events: Sequence[Event]) -> Notice:
    last, run = events[-1], scene.run
    steps = [_step_document(event, scene.steps.get(event.step)) for event in events if event.step]
    content = {
        "schema": SCHEMA,
        "run": run.id,
        "cloud": run.cloud,
        "from": run.source,
        "to": run.target,
        "state": str(_STATES.get(kind, RunState.RUNNING)),
        "title": f"{run.cloud}: {_sentence(kind, run, steps)}",
        "reason": str(last.data.get("reason") or "") if not last.step else "",
        "actor": str(last.data.get("actor") or ""),
        "steps": steps[:SHOWN],
        "steps_total": len(steps),
        "progress": {str(state): number for state, number in scene.counts.items() if number},
        "commands": _commands(kind, run, steps),
        "reminder": False,
    }
    return Notice(run.id, last.seq, kind, last.at, content)


def _step_document(event: Event, step: Step | None) -> dict[str, Any]:
    return {
        "id": event.step,
        "action": step.action if step else "",
        "hosts": list(step.hosts) if step else [],
        "one_way": step.one_way if step else False,
        "state": event.kind.partition(".")[2],
        "reason": str(event.data.get("reason") or (step.reason if step else "")),
    }


def _sentence(kind: NoticeKind, run: Run, steps: Sequence[Mapping[str, Any]]) -> str:
    one = steps[0]["id"] if len(steps) == 1 else count(len(steps), "step")
    hop = f"{run.source} -> {run.target}"
    return {
        "started": f"the upgrade {hop} has begun (run {run.id})",
        "resumed": f"run {run.id} goes on",
        "approval_requested": f"{one if steps else f'run {run.id}'} waits for approval",
        "step_failed": f"{one} failed",
        "paused": f"run {run.id} is paused",
        "finished": f"the upgrade {hop} is done (run {run.id})",
        "failed": f"the upgrade {hop} has stopped: run {run.id} failed",
        "cancelled": f"run {run.id} is cancelled",
        "rolled_back": f"run {run.id} is taken back to {run.source}",
    }[kind]


def _step_line(step: Mapping[str, Any]) -> str:
    mark = "ONE-WAY " if step["one_way"] else ""
    where = f" on {span(step['hosts'])}" if step["hosts"] else ""
    return f"{mark}{step['id']}{where}" + (f": {step['reason']}" if step["reason"] else "")


def _commands(kind: NoticeKind, run: Run, steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to type next."""
    match kind:
        case "approval_requested" if steps:
            return [f"stairlift approve {run.id} {step['id']}" for step in steps[:SHOWN]]
        case "step_failed":
            return [f"stairlift logs {run.id} --step {step['id']}" for step in steps[:SHOWN]]
        case "paused" | "failed" | "approval_requested":
            return [f"stairlift status {run.id}"]
        case "finished" | "cancelled" | "rolled_back":
            return [f"stairlift report {run.id}"]
    return [f"stairlift status {run.id} --watch"]
