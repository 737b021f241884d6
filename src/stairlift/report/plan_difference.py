"""What has drifted since a plan was made: in lines that are read in a minute, and as a document."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from stairlift.model.difference import Changed, Difference, Other
from stairlift.model.plan import Plan, Step
from stairlift.report.text import count, span

SCHEMA = "stairlift.difference/1"
_Key = TypeVar("_Key", bound=Hashable)
Kind = Literal["gone", "new", "again", "changed", "plan"]
#: More lines of one kind than this nobody reads.
_SHOWN = 12
#: A value that is longer says more in JSON.
_SHORT = 60


@dataclass(frozen=True, slots=True)
class DriftLine:
    """A line and what it tells, so that a door can colour it."""

    kind: Kind
    text: str


def difference_lines(difference: Difference) -> tuple[DriftLine, ...]:
    """All that is otherwise; steps that are treated alike are one line."""
    return (
        *_lines("gone", _of_steps(difference.gone)),
        *_lines("new", _of_steps(difference.new)),
        *_lines("again", _of_steps(difference.again)),
        *_lines("changed", _of_changed(difference.changed)),
        *_lines("plan", [_told(other) for other in difference.plan]),
    )


def difference_document(difference: Difference, plans: tuple[Plan, Plan], runs: tuple[str | None, str | None]) -> Any:
    """As JSON. `plans` are the old and the new one, `runs` the old and the new, None where there is none."""
    return {
        "schema": SCHEMA,
        "run": runs[0],
        "replaced_by": runs[1],
        "was": plans[0].hash,
        "hash": plans[1].hash,
        "kept": list(difference.kept),
        **{name: [_step_document(step) for step in getattr(difference, name)] for name in ("gone", "new", "again")},
        "changed": [{"id": one.step.id, "others": [_document(o) for o in one.others]} for one in difference.changed],
        "plan": [_document(other) for other in difference.plan],
        "findings": [finding.document() for finding in plans[1].findings],
    }


def difference_of(document: Mapping[str, Any], plans: tuple[Plan, Plan]) -> Difference:
    """What the document was made of; the steps that it names are those of the plans."""
    old, new = ({step.id: step for step in plan.steps} for plan in plans)
    return Difference(
        gone=tuple(old[one["id"]] for one in document["gone"]),
        new=tuple(new[one["id"]] for one in document["new"]),
        again=tuple(new[one["id"]] for one in document["again"]),
        changed=tuple(Changed(new[one["id"]], _others(one["others"])) for one in document["changed"]),
        plan=_others(document["plan"]),
        kept=tuple(document["kept"]),
    )


def _others(documents: Iterable[Mapping[str, Any]]) -> tuple[Other, ...]:
    return tuple(Other(one["what"], one["before"], one["after"]) for one in documents)


def _document(other: Other) -> Mapping[str, Any]:
    return {"what": other.what, "before": other.before, "after": other.after}


def _step_document(step: Step) -> Mapping[str, Any]:
    return {
        "id": step.id,
        "action": step.action,
        "stage": step.stage,
        "services": list(step.services),
        "hosts": list(step.hosts),
        "reason": step.reason,
    }


def _lines(kind: Kind, texts: Sequence[str]) -> Iterable[DriftLine]:
    for text in texts[:_SHOWN]:
        yield DriftLine(kind, f"{kind:<8} {text}")
    if len(texts) > _SHOWN:
        yield DriftLine(kind, f"{kind:<8} ... and {len(texts) - _SHOWN} more; -o json has all")


def _of_steps(steps: Iterable[Step]) -> list[str]:
    alike = _grouped(((s.target, s.stage, s.action, s.services, bool(s.hosts) or s.id), s) for s in steps)
    return [_group(group) for group in alike.values()]


def _group(steps: Sequence[Step]) -> str:
    one = steps[0]
    if not one.hosts:
        return f"{one.id}: {one.reason}"
    hosts = list(dict.fromkeys(host for step in steps for host in step.hosts))
    where = span(hosts) if len(hosts) == 1 else f"{count(len(hosts), 'host')} ({span(hosts)})"
    name = one.id if len(steps) == 1 else f"{one.target} {one.stage}"
    return f"{name}: {one.action} {', '.join(one.services)} on {where}"


def _of_changed(changed: Iterable[Changed]) -> list[str]:
    alike = _grouped(("; ".join(map(_told, one.others)), one.step) for one in changed)
    return [f"{_named(steps)}: {words}" for words, steps in alike.items()]


def _named(steps: Sequence[Step]) -> str:
    more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    return f"{steps[0].id}{more}"


def _grouped(pairs: Iterable[tuple[_Key, Step]]) -> dict[_Key, list[Step]]:
    found: dict[_Key, list[Step]] = {}
    for key, step in pairs:
        found.setdefault(key, []).append(step)
    return found


def _told(other: Other) -> str:
    """What is otherwise, and how, as far as a line bears it."""
    if other.what == "order":
        return "order"
    if isinstance(other.before, list) and isinstance(other.after, list):
        come = [f"+{value}" for value in other.after if value not in other.before]
        gone = [f"-{value}" for value in other.before if value not in other.after]
        return f"{other.what} {' '.join((*gone, *come)) or 'in another order'}"
    if other.what.partition(": ")[2].startswith("file") or other.what.startswith("file"):
        return other.what
    before, after = (_value(value) for value in (other.before, other.after))
    return f"{other.what}: {before} -> {after}" if len(before) + len(after) <= _SHORT else other.what


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        value = ", ".join(f"{key} {_value(one)}" for key, one in value.items())
    return "none" if value in (None, "", []) else str(value)
