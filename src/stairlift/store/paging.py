"""Lists that are read page by page: each page costs what it shows, however long the list is.

In plain SQL that every database understands, as in `reading`. Where a page begins is told by the last row of the page
before: rows that come meanwhile shift nothing.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from stairlift.model.run import Attempt, AttemptId, AttemptResult, Run, RunState, StepState, StepStatus
from stairlift.store import plain, refusals

#: Asks a database: a statement with `?` in place of each value, and the values.
Ask = Callable[[str, Sequence[Any]], Sequence[Any]]
#: A condition with its values; None where nothing is asked for.
Condition = tuple[str, Sequence[Any]] | None

_RUNS = f"SELECT {', '.join(plain.RUN)} FROM run"  # noqa: S608  # our own words
_RUN_BEHIND = "(created_at, id) < (SELECT created_at, id FROM run WHERE id = ?)"
_ATTEMPTS = f"SELECT {', '.join(plain.ATTEMPT)} FROM attempt"  # noqa: S608  # our own words
_ATTEMPT = "SELECT started_at, step, number FROM attempt WHERE run = ? AND step = ? AND number = ?"
_STEPS = (
    f"SELECT {', '.join(f'step.{name}' for name in plain.STATUS)}, "  # noqa: S608  # our own words
    "plan_step.position, CAST(plan_step.document AS TEXT) FROM plan_step "
    "JOIN step ON step.run = ? AND step.id = plan_step.id"
)
_PLACE = (
    "SELECT plan_step.position FROM plan_step JOIN run ON run.plan_hash = plan_step.plan "
    "WHERE run.id = ? AND plan_step.id = ?"
)


def runs(
    ask: Ask, cloud: str | None, states: Collection[RunState], behind: str | None, most: int | None
) -> tuple[Run, ...]:
    """The newest first. See ports.Records."""
    if behind is not None and not ask("SELECT id FROM run WHERE id = ?", (behind,)):
        raise refusals.unknown_marker(behind)
    place = None if behind is None else (_RUN_BEHIND, (behind,))
    where, given = _where(_equal("cloud", cloud), _among("state", states), place)
    return tuple(map(plain.run_of, ask(*_limited(f"{_RUNS} {where} ORDER BY created_at DESC, id DESC", given, most))))


def attempts(
    ask: Ask,
    key: tuple[str, str | None],
    results: Collection[AttemptResult],
    behind: AttemptId | None,
    most: int | None,
) -> tuple[Attempt, ...]:
    """In the order in which they began. `key` is the run and, if only its are meant, the step. See ports.Records."""
    return _attempts(ask, (*_of(key, results), _attempt_behind(ask, key[0], behind, ">")), "ASC", most)


def newest_attempts(
    ask: Ask,
    key: tuple[str, str | None],
    results: Collection[AttemptResult],
    behind: AttemptId | None,
    most: int | None,
) -> tuple[Attempt, ...]:
    """The same, the newest first."""
    return _attempts(ask, (*_of(key, results), _attempt_behind(ask, key[0], behind, "<")), "DESC", most)


def attempts_of(ask: Ask, run_id: str, steps: Collection[str]) -> tuple[Attempt, ...]:
    """At these steps, in the order in which they began."""
    return _attempts(ask, (_equal("run", run_id), _among("step", steps)), "ASC", None) if steps else ()


def _of(key: tuple[str, str | None], results: Collection[AttemptResult]) -> Iterable[Condition]:
    return _equal("run", key[0]), _equal("step", key[1]), _among("result", results)


def _attempts(ask: Ask, conditions: Iterable[Condition], way: str, most: int | None) -> tuple[Attempt, ...]:
    where, given = _where(*conditions)
    order = f"ORDER BY started_at {way}, step {way}, number {way}"
    return tuple(map(plain.attempt_of, ask(*_limited(f"{_ATTEMPTS} {where} {order}", given, most))))


def _attempt_behind(ask: Ask, run_id: str, behind: AttemptId | None, sign: str) -> Condition:
    if behind is None:
        return None
    key = (run_id, behind.step, behind.number)
    if behind.run != run_id or not ask(_ATTEMPT, key):
        raise refusals.unknown_marker(f"{behind.step}/{behind.number}")
    return f"(started_at, step, number) {sign} ({_ATTEMPT})", key


def steps(
    ask: Ask, run: Run, wanted: tuple[Collection[StepState], str | None, str | None], behind: str | None, most: int
) -> tuple[tuple[StepStatus, Mapping[str, Any]], ...]:
    """In the order of the plan; `wanted` are states, stage and host. See ports.Records.

    The database looks for stage and host as words of the document, which finds all that are meant and hardly others.
    """
    states, stage, host = wanted
    meant = (_among("step.state", states), _naming(stage), _naming(host))
    place, found = _place(ask, run.id, behind), list[tuple[StepStatus, Mapping[str, Any]]]()
    while len(found) < most:
        where, given = _where(_equal("plan_step.plan", run.plan_hash), ("plan_step.position > ?", (place,)), *meant)
        rows = ask(f"{_STEPS} {where} ORDER BY plan_step.position LIMIT ?", (run.id, *given, most))
        read = ((plain.status_of(row[:-2]), json.loads(row[-1])) for row in rows)
        found += (one for one in read if is_of(one[1], stage, host))
        if len(rows) < most:
            break
        place = rows[-1][-2]
    return tuple(found[:most])


def is_of(document: Mapping[str, Any], stage: str | None, host: str | None) -> bool:
    """Whether the document of a step is one of this stage and host, as far as they are asked for."""
    return stage in (None, document["stage"]) and (host is None or host in document["hosts"])


def _place(ask: Ask, run_id: str, step: str | None) -> int:
    """Of a step in its plan; -1 before the first."""
    if step is None:
        return -1
    found = ask(_PLACE, (run_id, step))
    if not found:
        raise refusals.unknown_marker(step)
    return int(found[0][0])


# Conditions


def _where(*conditions: Condition) -> tuple[str, tuple[Any, ...]]:
    asked = [condition for condition in conditions if condition]
    values = tuple(value for _, given in asked for value in given)
    return (f"WHERE {' AND '.join(text for text, _ in asked)}" if asked else ""), values


def _equal(column: str, value: str | None) -> Condition:
    return None if value is None else (f"{column} = ?", (value,))


def _among(column: str, values: Collection[str]) -> Condition:
    return (f"{column} IN ({', '.join('?' * len(values))})", [str(value) for value in values]) if values else None


def _naming(word: str | None) -> Condition:
    """Documents that have this text as a value, or as a key."""
    if word is None:
        return None
    text = json.dumps(word, ensure_ascii=False)
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return "CAST(plan_step.document AS TEXT) LIKE ? ESCAPE '!'", (f"%{text}%",)


def _limited(query: str, given: Sequence[Any], most: int | None) -> tuple[str, Sequence[Any]]:
    return (query, given) if most is None else (f"{query} LIMIT ?", (*given, most))
