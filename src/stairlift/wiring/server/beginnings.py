"""Runs that a server begins for somebody: put on record as `stairlift run --detach` does it, then carried out here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.finding import Waiver
from stairlift.model.plan import Plan, Stage
from stairlift.model.plan_document import from_document
from stairlift.model.scope import Scope
from stairlift.report.plan_difference import difference_document
from stairlift.run.commands import other_hash
from stairlift.wiring.again import check_plan
from stairlift.wiring.files import plan_document
from stairlift.wiring.orders import Orders
from stairlift.wiring.planning import known_stage
from stairlift.wiring.replanning import Replanned, Wanted, take_place
from stairlift.wiring.replanning import replan as planned_anew
from stairlift.wiring.running import record_only
from stairlift.wiring.server.asking import Sources, policy_of
from stairlift.wiring.server.commissions import keep_plan
from stairlift.wiring.server.house import House
from stairlift.wiring.server.jobs import Fruitless, Note, Work

_Done = tuple[Mapping[str, Any], str]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What somebody wants of a new run, as behind `stairlift run`.

    `approve`: the plan is approved as a whole; without it only what changes nothing starts, then the run asks. `yes`
    approves every gate and one-way step besides.
    """

    plan: str
    actor: str
    approve: bool = False
    yes: bool = False
    again: bool = False
    stages: Sequence[str] = ()
    stop_after: str = ""

    def scope(self, plan: Plan) -> Scope:
        """How far the run goes. UsageError (run.two_ends, plan.unknown_stage)."""
        if self.stages and self.stop_after:
            raise UsageError(
                code="run.two_ends",
                brief="stages and stop_after both say where to rest",
                resolution="give one of them",
            )
        stages: tuple[Stage, ...] = tuple(known_stage(name) for name in self.stages)
        last = known_stage(self.stop_after) if self.stop_after else plan.stop_after
        return Scope(stages, self.approve or self.yes, "" if stages else last or "")


def begin(house: House, wanted: Beginning) -> Work:
    """Look once more, put the run on record, and have it carried out.

    Raises UsageError (plan.unknown, run.two_ends, plan.unknown_stage), and as `check_plan` does. The work raises as
    `record_only` does, with nothing on record.
    """
    plan = from_document(house.library.plan(wanted.plan)[1])
    scope = wanted.scope(plan)
    check_plan(plan)
    settings = house.fresh_settings()

    def work(note: Note) -> _Done:
        if not any(step.stage in scope.within for step in plan.steps):
            note("nothing to do: the plan has no steps of these stages")
            return {"run": None, "idle": True}, ""
        orders = Orders(wanted.actor, wanted.yes, lambda _: None, wanted.again, scope, note)
        recorded = record_only(plan, house.office, settings, orders)
        if recorded.idle:
            note(f"nothing to do: run {recorded.run.id} has carried out this plan; with again it is done once more")
        else:
            _carry_on(house, recorded.run.id, wanted, note)
        return {"run": recorded.run.id, "idle": recorded.idle}, f"/v1/runs/{recorded.run.id}"

    return work


def _carry_on(house: House, run_id: str, wanted: Beginning, note: Note) -> None:
    """That it is on record stands, whoever carries it out."""
    try:
        house.attendance.take_up(run_id, wanted.actor, approve_all=wanted.yes)
    except Refusal as refused:
        note(f"it is on record and not taken up here: {refused.brief}")


@dataclass(frozen=True, slots=True)
class Anew:
    """What somebody wants of a run that is planned anew; `approve` is the hash of the new plan, once it was read."""

    run: str
    actor: str
    sources: Sources = Sources()  # noqa: RUF009  # frozen
    approve: str = ""
    yes: bool = False
    waive: Sequence[str] = ()
    policy: Mapping[str, Any] | None = None


def replan(house: House, wanted: Anew) -> Work:
    """Plan anew what remains of a run, and let a run of the new plan take its place once that is approved.

    Raises UsageError (run.unknown, config.invalid), Refusal (access.inventory). The work raises as
    `wiring.replanning.replan` and `take_place` do; nothing starts, `resume` goes on.
    """
    run = house.office.store.run(wanted.run)
    settings = house.fresh_settings()
    wanted.sources.where(settings)
    waivers = tuple(map(Waiver.parse, wanted.waive))
    policy = policy_of(wanted.policy, settings)
    how = Wanted(policy, wanted.sources.inventory, wanted.sources.os_cloud, waivers)

    def work(note: Note) -> _Done:
        new = planned_anew(run, house.office, settings, how)
        old = house.office.plan(run)
        _demand_runnable(new, old)
        keep_plan(house.library, new.plan, wanted.actor)
        successor = None
        if new.difference.empty:
            note(f"nothing has drifted; it goes on with a resume of {run.id}")
        elif _approved(new, wanted):
            successor = take_place(new, house.office, settings, wanted.actor, approve_all=wanted.yes).id
            note(f"run {successor} takes the place of {run.id}; it goes on with a resume")
        document = difference_document(new.difference, (old, new.plan), (run.id, successor))
        return document, f"/v1/runs/{successor}" if successor else f"/v1/plans/{new.plan.hash}"

    return work


def _demand_runnable(new: Replanned, old: Plan) -> None:
    """Whoever is refused the new plan sees it, and what has drifted, all the same."""
    try:
        check_plan(new.plan)
    except Refusal as refused:
        drifted = difference_document(new.difference, (old, new.plan), (new.run.id, None))
        raise Fruitless(refused, {"document": plan_document(new.plan), "difference": drifted}) from refused


def _approved(new: Replanned, wanted: Anew) -> bool:
    if wanted.approve and wanted.approve != new.plan.hash:
        raise other_hash(wanted.approve, new.plan.hash)
    return wanted.yes or bool(wanted.approve)
