"""What a server does for somebody beside the answer: it looks, checks and plans as the command line does.

Each function here says at once what is wrong with what was asked for, and gives the work that takes longer.
"""

from collections import Counter
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from stairlift.model.errors import NoAnswer, Refusal
from stairlift.model.plan import Plan
from stairlift.model.plan_document import to_document
from stairlift.model.shelf import KeptPlan, Sighting
from stairlift.plan import refuse
from stairlift.ports import Library
from stairlift.report.checked import check_document, check_line
from stairlift.report.cloud import cloud_document
from stairlift.wiring.checking import check as checked_by
from stairlift.wiring.clock import now, today
from stairlift.wiring.config.waivers import expired, in_force
from stairlift.wiring.files import plan_document
from stairlift.wiring.look import Look, glance, look
from stairlift.wiring.planning import Wishes, make_plan, no_plan, with_findings
from stairlift.wiring.server.asking import Sources, policy_of
from stairlift.wiring.server.house import House
from stairlift.wiring.server.jobs import Fruitless, Note, Work

_Done = tuple[Mapping[str, Any], str]


def observe(house: House, sources: Sources, actor: str) -> Work:
    """A look at a cloud, which is kept. Raises as `Sources.where` does."""
    where = sources.where(house.fresh_settings())

    def work(note: Note) -> _Done:
        note(f"asks {', '.join(where.specs)}")
        seen = look(where)
        kept = keep_look(house.library, seen, actor)
        return {"observation": kept.id, "cloud": kept.cloud}, f"/v1/observations/{kept.id}"

    return work


def check(house: House, sources: Sources, wishes: Wishes | None, actor: str, *, strict: bool = False) -> Work:
    """All that is wrong, before anything is done: with wishes about the way to a release, too.

    Where no source answered there is the document all the same.
    """
    settings = house.fresh_settings()
    where = sources.where(settings)
    request = wishes.request(settings.policy) if wishes else None

    def work(note: Note) -> _Done:
        note(f"asks {', '.join(where.specs)}")
        seen = glance(where)
        checked = checked_by(seen, settings, request, where, strict=strict)
        for sentence in (*checked.over, check_line(checked)):
            note(sentence)
        document = check_document(checked)
        try:
            seen.demand_answer()
        except NoAnswer as silent:
            raise Fruitless(silent, document) from silent
        _keep_whole(house, sources, seen, actor)
        return document, ""

    return work


def make(
    house: House, sources: Sources, wishes: Wishes, actor: str, *, policy: Mapping[str, Any] | None = None
) -> Work:
    """A plan, which is kept where nothing refuses it; the refusal has what is wrong, and the document of the plan."""
    settings = house.fresh_settings()
    where = sources.where(settings)
    request = wishes.request(policy_of(policy, settings), in_force(settings.waivers, today()))

    def work(note: Note) -> _Done:
        for sentence in (*expired(settings.waivers, today()), f"asks {', '.join(where.specs)}"):
            note(sentence)
        seen = look(where)
        _keep_whole(house, sources, seen, actor)
        try:
            made = make_plan(seen, request, where, settings)
        except Refusal as refused:
            told = with_findings(refused, seen)
            raise Fruitless(told, {"document": no_plan(seen, request, told)}) from refused
        _demand_unrefused(made)
        keep_plan(house.library, made, actor)
        return plan_result(made), f"/v1/plans/{made.hash}"

    return work


def _demand_unrefused(made: Plan) -> None:
    try:
        refuse(made)
    except Refusal as refused:
        raise Fruitless(refused, {"document": plan_document(made)}) from refused


def plan_result(made: Plan) -> dict[str, Any]:
    """What is told of a plan that was made."""
    return {
        "hash": made.hash,
        "cloud": made.cloud,
        "from": str(made.source),
        "to": str(made.target),
        "steps": len(made.steps),
        "one_way": sum(step.one_way for step in made.steps),
        "findings": dict(Counter(finding.severity for finding in made.findings)),
    }


def keep_plan(library: Library, made: Plan, actor: str) -> KeptPlan:
    """Put a plan on the shelf; one that is there stays as it was first kept."""
    kept = KeptPlan(made.hash, made.cloud, str(made.source), str(made.target), len(made.steps), now(), actor)
    library.keep_plan(kept, to_document(made))
    return kept


def keep_look(library: Library, seen: Look, actor: str) -> Sighting:
    """Put a look at a cloud on record."""
    cloud, at = seen.reconciled.cloud, now()
    kept = Sighting(
        id=f"{at:%y%m%d-%H%M%S}-{token_hex(3)}",
        cloud=cloud.name,
        release=str(cloud.release.series or ""),
        hosts=len(cloud.hosts),
        services=len(cloud.services),
        at=at,
        actor=actor,
    )
    library.keep_sighting(kept, cloud_document(cloud, seen.reconciled.findings))
    return kept


def _keep_whole(house: House, sources: Sources, seen: Look, actor: str) -> None:
    """A look by the server's own sources shows the whole cloud, whatever it was for."""
    if not sources.inventory:
        keep_look(house.library, seen, actor)
