"""What the end of an attempt means, and what it leaves on the node."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.plan import Step
from stairlift.model.work import Outcome, Verdict
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.grenade.runner.task import Task
from stairlift.strategy.progress import events as events_of

#: Return codes of a driver whose log filter died before it: SIGPIPE, as a number or as a shell says it.
_FILTER_DIED = (-13, 141)
#: How git ends that finds its configuration locked by another.
_GIT_CLASH = 255
_REASON_CHARACTERS = 700


def judge(task: Task, step: Step, outcome: Outcome) -> Verdict:
    """Done means: return code 0, and the runner's word that the closing line and every project's end were seen."""
    events = list(events_of(outcome.progress))
    last = events[-1] if events else {}
    host = ", ".join(step.hosts)
    match last.get("kind"):
        case "end":
            return _ended(task, host, outcome, last)
        case "already":
            if outcome.returncode == 0:
                return Verdict("done", facts={"projects": "new already, by an earlier step"})
        case "busy" | "refused":
            if outcome.returncode:
                return Verdict("failed", str(last.get("text", "")), temporary=last["kind"] == "busy")
    return _unwatched(outcome, events, host)


def _unwatched(outcome: Outcome, events: list[Mapping[str, Any]], host: str) -> Verdict:
    """The runner did not come to its end, or nobody can read what it said."""
    said = last_line(outcome.log_tail)
    reason = ending(outcome.returncode) + (f": {said}" if said else "")
    if not events and outcome.returncode > 0:
        return Verdict("unknown", f"the attempt left no report: {reason}")
    return Verdict("unknown", f"the attempt left no report of its end ({reason}); Grenade may still work on {host}")


def _ended(task: Task, host: str, outcome: Outcome, end: Mapping[str, Any]) -> Verdict:
    driver = _number(end.get("returncode"))
    missing = str(end.get("missing") or "")
    if outcome.returncode == 0 and driver == 0 and not missing and not end.get("cancelled"):
        return Verdict("done", facts=_facts(task, end))
    why, leaves = _why(outcome, end, driver, missing), left_behind(task, host, end)
    reason = f"{why}. {leaves}"[:_REASON_CHARACTERS]
    if end.get("cancelled") or driver is None:
        return Verdict("unknown", reason)
    clash = driver == _GIT_CLASH and end.get("phase") == "start"
    return Verdict("failed", reason, temporary=clash)


def _why(outcome: Outcome, end: Mapping[str, Any], driver: int | None, missing: str) -> str:
    error = str(end.get("error") or "")
    if end.get("cancelled"):
        left = _texts(end.get("left"))
        return "Grenade was stopped on request" + (f"; could not stop {', '.join(left)}" if left else "")
    if driver in _FILTER_DIED:
        return "the driver's log filter crashed (a byte that is no UTF-8 is enough), and the driver with it"
    if driver:
        clash = " (another git had its configuration locked)" if driver == _GIT_CLASH else ""
        return f"grenade.sh: {ending(driver)}{clash}" + (f": {error}" if error else "")
    if outcome.returncode and not missing:
        return f"the attempt's own program: {ending(outcome.returncode)}"
    return f"grenade.sh ended well, and {missing or 'nothing shows what it did'}"


def left_behind(task: Task, host: str, end: Mapping[str, Any]) -> str:
    """In which state the node is, as far as the driver's lines prove it."""
    if task.half == "base":
        return _after_base(task, host, end)
    phase = end.get("phase")
    new = list(dict.fromkeys((*_texts(end.get("upgraded")), *_texts(end.get("succeeded")))))
    if phase in ("after", "closed") and set(task.upgrade) <= set(new):
        resources = "; Grenade's test resources are still there" if task.verify else ""
        return f"On {host}, {', '.join(new)} are upgraded and run{resources}"
    half = [project for project in _texts(end.get("started")) if project not in new]
    stopped = [project for project in task.projects if project not in new and project not in half]
    parts = [
        f"{', '.join(new)} upgraded" if new else "",
        f"{', '.join(half)} stopped, its database perhaps half migrated" if half else "",
        f"{', '.join(stopped)} stopped, with the old code" if stopped else "",
    ]
    return f"On {host}: " + "; ".join(part for part in parts if part)


def _after_base(task: Task, host: str, end: Mapping[str, Any]) -> str:
    if end.get("shut_down"):
        return f"On {host}, services of {', '.join(task.projects)} are stopped: nothing leads back from here"
    if end.get("phase") == "start":
        return f"On {host}, nothing has happened: the base still runs"
    leftovers = f", and test resources are left over (ids in {task.stack_root}/save/grenade_db.ini)"
    return f"On {host}, the base still runs{leftovers if task.verify else ''}"


def _facts(task: Task, end: Mapping[str, Any]) -> Mapping[str, str]:
    facts = {"projects": ", ".join(task.upgrade) or "base stopped"}
    warnings = _texts(end.get("warnings"))
    if warnings:
        facts |= {"warnings": str(len(warnings)), "first warning": warnings[0]}
    return facts


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
