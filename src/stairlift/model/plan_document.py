"""A plan as JSON and back. Nothing is lost on the way, so that the hash of what comes back is the hash of what left."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, get_args

from stairlift.model.cloud import Plane
from stairlift.model.errors import UsageError
from stairlift.model.finding import Finding, Waiver
from stairlift.model.plan import (
    RETRIES,
    RETRY_AFTER,
    STAGES,
    Action,
    Around,
    Asked,
    Binding,
    Manner,
    Opening,
    Plan,
    Reversibility,
    Step,
)
from stairlift.model.release import Release

SCHEMA = "stairlift.plan/1"

#: The words of each Literal: to ask for them once is much cheaper than four times for each step.
_ACTIONS: tuple[str, ...] = get_args(Action)
_PLANES: tuple[str, ...] = get_args(Plane)
_WAYS: tuple[str, ...] = get_args(Reversibility)
_PROJECTS = ("", "together", "first-alone")
_LISTS = (list, tuple)


def to_document(plan: Plan) -> dict[str, Any]:
    """The plan as the Contract's JSON object, ready for any JSON encoder."""
    return _own(plan) | {
        "schema": SCHEMA,
        "hash": plan.hash,
        "cloud": plan.cloud,
        "from": str(plan.source),
        "to": str(plan.target),
        "hops": [str(hop) for hop in plan.hops],
        "sources": list(plan.sources),
        "os_cloud": plan.os_cloud,
        "policy": dict(plan.policy),
        "windows": dict(plan.windows),
        "budgets": dict(plan.budgets),
        "on_failure": plan.on_failure,
        "waivers": [waiver_document(w) for w in plan.waivers],
        "left_out": list(plan.left_out),
        "strategies": [_binding_document(b) for b in plan.bindings],
        "placement": {host: list(binaries) for host, binaries in plan.placement.items()},
        "steps": [_step_document(s) for s in plan.steps],
        "findings": [f.document() for f in plan.findings],
    }


def _own(plan: Plan) -> dict[str, Any]:
    """What is there only where it is not the default: the hash of plans without stays what it was."""
    said: dict[str, Any] = {"retries": plan.retries, "retry_after": plan.retry_after, "stop_after": plan.stop_after}
    usual: dict[str, Any] = {"retries": RETRIES, "retry_after": RETRY_AFTER, "stop_after": None}
    said |= {"asked": _asked_document(plan.asked), "replaces": plan.replaces}
    usual |= {"asked": _asked_document(Asked()), "replaces": ""}
    said["around"], usual["around"] = [around_document(one) for one in plan.around], []
    return {key: value for key, value in said.items() if value != usual[key]}


def _asked_document(asked: Asked) -> dict[str, Any]:
    return {"stages": list(asked.stages), "hosts": list(asked.hosts), "exclude": list(asked.exclude)}


def around_document(around: Around) -> dict[str, Any]:
    """What surrounds a run, as JSON values."""
    commands = {"begin": list(around.begin), "end": list(around.end), "check": list(around.check)}
    where = {"deadline": around.deadline, "folder": around.folder, "files": dict(around.files)}
    return {"name": around.name} | commands | where


def _step_document(step: Step) -> dict[str, Any]:
    own: dict[str, Any] = {"deadline": step.deadline} if step.deadline is not None else {}
    own |= {"queue": step.queue} if step.queue else {}
    own |= {"gate": step.gate} if step.gate else {}
    return own | {
        "id": step.id,
        "action": step.action,
        "stage": step.stage,
        "plane": step.plane,
        "project": step.project,
        "services": list(step.services),
        "hosts": list(step.hosts),
        "strategy": step.strategy,
        "needs": list(step.needs),
        "after": list(step.after),
        "reason": step.reason,
        "reversibility": step.reversibility,
        "from": str(step.source),
        "to": str(step.target),
        "unit": step.unit,
        "slots": list(step.slots),
        "budgets": list(step.budgets),
    }


def _binding_document(binding: Binding) -> dict[str, Any]:
    """Its manner only where it has one of its own: the hash of plans without stays what it was."""
    own: dict[str, Any] = {"manner": _manner_document(binding.manner)} if binding.manner != Manner() else {}
    told: dict[str, Any] = {"takes": list(binding.takes)} if binding.takes else {}
    return (
        own
        | told
        | {
            "id": binding.id,
            "use": binding.use,
            "match": {key: list(globs) for key, globs in binding.match.items()},
            "options": dict(binding.options),
            "concurrency": binding.concurrency,
            "can_undo": binding.can_undo,
            "files": dict(binding.files),
            "versions": dict(binding.versions),
        }
    )


def _manner_document(manner: Manner) -> dict[str, Any]:
    return {
        "projects": manner.projects,
        "absorbs": {project: list(actions) for project, actions in manner.absorbs.items()},
        "whole_node": manner.whole_node,
        "opening": _opening_document(manner.opening) if manner.opening else None,
        "order": list(manner.order),
        "notes": dict(manner.notes),
    }


def _opening_document(opening: Opening) -> dict[str, Any]:
    return {"action": opening.action, "reason": opening.reason, "one_way": opening.one_way}


def from_document(document: Any) -> Plan:
    """The plan that a JSON document holds.

    Raises UsageError (plan.unreadable) where it is not a plan, or one of a schema that this program does not know.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else type(document).__name__
        raise _unreadable(f"it says schema {found!r} where {SCHEMA!r} is expected")
    try:
        return _plan(document)
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise _unreadable(f"{type(wrong).__name__}: {wrong}") from wrong


def _unreadable(details: str) -> UsageError:
    return UsageError(
        code="plan.unreadable",
        brief="this is not a plan that Stairlift can read",
        details=details,
        resolution="make a new one with `stairlift plan --out FILE`",
    )


def _plan(document: Mapping[str, Any]) -> Plan:
    same: dict[Any, Any] = {}
    return Plan(
        cloud=str(document["cloud"]),
        source=Release.parse(document["from"]),
        target=Release.parse(document["to"]),
        hops=tuple(Release.parse(hop) for hop in document["hops"]),
        steps=tuple(step_from_document(s, same) for s in document["steps"]),
        bindings=tuple(_binding(b) for b in document["strategies"]),
        findings=tuple(_finding(f) for f in document["findings"]),
        policy=document["policy"],
        windows={str(k): int(v) for k, v in document["windows"].items()},
        budgets={str(k): int(v) for k, v in document["budgets"].items()},
        on_failure=str(document["on_failure"]),
        placement={host: _texts(binaries) for host, binaries in document["placement"].items()},
        sources=_texts(document["sources"]),
        os_cloud=document.get("os_cloud"),
        waivers=waivers_from(document["waivers"]),
        left_out=_texts(document["left_out"]),
        hash=str(document["hash"]),
        retries=_whole(document.get("retries", RETRIES)),
        retry_after=_whole(document.get("retry_after", RETRY_AFTER)),
        stop_after=_among(document["stop_after"], STAGES) if document.get("stop_after") else None,
        asked=_asked(document["asked"]) if "asked" in document else Asked(),
        replaces=_text(document.get("replaces", "")),
        around=tuple(map(_around, document.get("around", ()))),
    )


def _finding(document: Mapping[str, Any]) -> Finding:
    data = {name: _text(part) for name, part in document.get("data", {}).items()}
    return Finding(**{**document, "data": data})


def _around(document: Mapping[str, Any]) -> Around:
    return Around(
        name=_text(document["name"]),
        begin=_texts(document["begin"]),
        end=_texts(document["end"]),
        check=_texts(document["check"]),
        deadline=_whole(document["deadline"]),
        folder=_text(document["folder"]),
        files=dict(document["files"]),
    )


def _asked(document: Mapping[str, Any]) -> Asked:
    stages = tuple(_among(stage, STAGES) for stage in document["stages"])
    return Asked(stages, _texts(document["hosts"]), _texts(document["exclude"]))


def step_from_document(document: Mapping[str, Any], same: dict[Any, Any] | None = None) -> Step:
    """One step of a plan that was on record, so that nothing is wrong with it; `same` are parts that others have."""
    kept: dict[Any, Any] = {} if same is None else same
    once = kept.setdefault
    step, reason, unit = _text(document["id"]), document["reason"], document["unit"]
    return Step(
        id=once(step, step),
        action=_among(document["action"], _ACTIONS),
        stage=_among(document["stage"], STAGES),
        plane=_among(document["plane"], _PLANES),
        project=document["project"],
        services=_texts(document["services"], kept),
        hosts=_texts(document["hosts"], kept),
        strategy=document["strategy"],
        needs=_texts(document["needs"], kept),
        reason=once(reason, reason),
        reversibility=_among(document["reversibility"], _WAYS),
        source=Release.parse(document["from"]),
        target=Release.parse(document["to"]),
        after=_texts(document["after"], kept),
        unit=once(unit, unit),
        slots=_texts(document["slots"], kept),
        budgets=_texts(document["budgets"], kept),
        deadline=None if document.get("deadline") is None else _whole(document["deadline"]),
        queue=_text(document.get("queue", "")),
        gate=_text(document.get("gate", "")),
    )


def _binding(document: Mapping[str, Any]) -> Binding:
    return Binding(
        id=document["id"],
        use=document["use"],
        match={key: _texts(globs) for key, globs in document["match"].items()},
        options=document["options"],
        concurrency=document["concurrency"],
        can_undo=bool(document["can_undo"]),
        files=dict(document["files"]),
        versions=dict(document["versions"]),
        manner=_manner(document["manner"]) if "manner" in document else Manner(),
        takes=_two(document["takes"]) if "takes" in document else None,
    )


def _two(document: Sequence[Any]) -> tuple[int, int]:
    usual, most = map(_whole, document)
    return usual, most


def _manner(document: Mapping[str, Any]) -> Manner:
    return Manner(
        projects=_among(document["projects"], _PROJECTS),
        absorbs={p: tuple(_among(a, _ACTIONS) for a in actions) for p, actions in document["absorbs"].items()},
        whole_node=bool(document["whole_node"]),
        opening=_opening(document["opening"]) if document["opening"] else None,
        order=_texts(document["order"]),
        notes={key: _text(note) for key, note in document["notes"].items()},
    )


def _opening(document: Mapping[str, Any]) -> Opening:
    return Opening(_among(document["action"], _ACTIONS), _text(document["reason"]), bool(document["one_way"]))


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"a whole number is expected, not {value!r:.80}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is expected, not {value!r:.80}")
    return value


def _texts(values: Any, same: dict[Any, Any] | None = None) -> tuple[str, ...]:
    """`same` are texts, and tuples of texts, that were met before: each is looked at, and kept, once."""
    if not isinstance(values, _LISTS):
        raise TypeError(f"a list of texts is expected, not {values!r:.80}")
    if same is None:
        return tuple(map(_text, values))
    found = tuple(values)
    known: tuple[str, ...] | None = same.get(found)
    if known is None:
        known = same[found] = tuple([same.setdefault(text, text) for text in map(_text, found)])
    return known


def _among(value: Any, words: tuple[str, ...]) -> Any:
    """One of these."""
    if value not in words:
        raise ValueError(f"{value!r:.80} is none of {', '.join(words)}")
    return value


def waiver_document(waiver: Waiver) -> str | dict[str, Any]:
    """The words of a flag, or all of a table."""
    if not waiver.who:
        return str(waiver)
    until = str(waiver.until) if waiver.until else None
    return {"code": waiver.code, "subject": waiver.subject, "who": waiver.who, "why": waiver.why, "until": until}


def waivers_from(documents: Any) -> tuple[Waiver, ...]:
    """Those of a list of documents."""
    if not isinstance(documents, list | tuple):
        raise TypeError(f"a list of waivers is expected, not {documents!r:.80}")
    return tuple(map(_waiver, documents))


def _waiver(document: Any) -> Waiver:
    if not isinstance(document, Mapping):
        return Waiver.parse(_text(document))
    subject, until = document["subject"], document["until"]
    return Waiver(
        _text(document["code"]),
        None if subject is None else _text(subject),
        who=_text(document["who"]),
        why=_text(document["why"]),
        until=None if until is None else date.fromisoformat(_text(until)),
    )
