"""What takes over, in a step, from programs that its release no longer has."""

from collections.abc import Mapping

from stairlift.knowledge.binaries import binary
from stairlift.model.plan import Plan, Step


def successors(plan: Plan, step: Step) -> Mapping[str, tuple[str, ...]]:
    """By program that ends with this step, those that take over on its host under other names."""
    if step.action != "upgrade":
        return {}
    found = {name: _of(plan, step, name) for name in step.services}
    return {name: heirs for name, heirs in found.items() if heirs}


def _of(plan: Plan, step: Step, name: str) -> tuple[str, ...]:
    known = binary(name)
    if known is None or known.last is None or not step.source <= known.last < step.target:
        return ()
    there = (new for new in known.replaced_by if not new.absorbed and (not new.only_with or _with(plan, new.only_with)))
    return tuple(new.service for new in there if new.service != name)


def _with(plan: Plan, project: str) -> bool:
    return any(
        (known := binary(name)) is not None and known.project == project
        for names in plan.placement.values()
        for name in names
    )
