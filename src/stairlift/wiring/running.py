"""Carrying out a plan: the cloud is looked at again, and only then something is put on record and starts."""

import asyncio
from contextlib import AbstractContextManager
from dataclasses import replace

from stairlift.check.again import shows_target
from stairlift.check.freshness import dead_rows
from stairlift.drive.begin import new_run
from stairlift.drive.keepalive import kept
from stairlift.drive.loop import carry_out
from stairlift.drive.resting import obey
from stairlift.drive.tools import Pace, Tools
from stairlift.model.availability import Canary
from stairlift.model.plan import Plan, Step
from stairlift.model.plan_document import to_document
from stairlift.model.run import SETTLED, Run, RunState, StepState
from stairlift.model.scope import Scope
from stairlift.ports import Journal, Records
from stairlift.wiring.again import check_plan, demand_original, judge_resumption, judge_retreat, judge_start
from stairlift.wiring.as_before import View, as_before, run_options, where_of
from stairlift.wiring.clock import now
from stairlift.wiring.config.queues import demand_workers
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.equipment import Equipment, has_begun
from stairlift.wiring.gating import kept_gates
from stairlift.wiring.keeping import at_the_end, demand_ready, waived
from stairlift.wiring.look import glance, look
from stairlift.wiring.meter import end_those_of
from stairlift.wiring.meter import kept as kept_meter
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders, Result

_UNDER_WAY = frozenset({RunState.RUNNING, RunState.ROLLING_BACK})


def start(plan: Plan, office: Office, settings: Settings, orders: Orders) -> Result:
    """Begin a run and carry it out. Raises Refusal (run.cloud_busy, plan.drift) with nothing recorded."""
    with office.store.hold(plan.cloud) as journal:
        run, view = _begin(journal, plan, office, (settings, orders))
        return _orchestrate(journal, Equipment(plan, run, office, orders), view) if view else Result(run, idle=True)


def record_only(plan: Plan, office: Office, settings: Settings, orders: Orders) -> Result:
    """Put a run on record for another process to carry out. Raises as `start` does."""
    with office.store.hold(plan.cloud) as journal:
        run, view = _begin(journal, plan, office, (settings, orders))
        return Result(run, idle=view is None)


def _begin(journal: Journal, plan: Plan, office: Office, by: tuple[Settings, Orders]) -> tuple[Run, View | None]:
    """A new run, and what was seen before it; or the earlier run that has done it all, and nothing."""
    settings, orders = by
    demand_original(plan)
    demand_workers(plan, settings.database_url)
    where = where_of(plan, settings.aliases, settings.ansible_arguments, settings.ssh).checking(settings)
    with _held(journal, office):
        seen = look(where)
    done = None if orders.again else _done_before(plan, office)
    if done and seen.reconciled.cloud.name == plan.cloud and shows_target(plan, seen.reconciled.cloud.release):
        return done, None
    judge_start(plan, seen)
    view = View(seen, dead_rows(seen.reconciled.cloud.services))
    options = run_options(settings, view.dead_rows, orders.scope) | kept_meter(settings.meter, plan)
    with _held(journal, office):
        options |= demand_ready(plan, seen, where, orders.scope, orders.note) | waived(plan)
        options |= kept_gates(settings.gates, seen, where, plan)
    return new_run(journal, plan, to_document(plan), now=now(), actor=orders.actor, options=options), view


def _held(journal: Journal, office: Office) -> AbstractContextManager[None]:
    """The lease is renewed while the cloud is asked, which takes as long as it takes."""
    return kept(journal, Pace.for_lease(office.lease_ttl).lease)


def _done_before(plan: Plan, office: Office) -> Run | None:
    runs = office.store.runs(plan.cloud)
    return next((run for run in runs if run.plan_hash == plan.hash and run.state is RunState.DONE), None)


def resume(run: Run, office: Office, orders: Orders) -> Result:
    """Take up a run where it was left: what is in flight is adopted, nothing that has ended runs again.

    One that is to be taken back is taken back further.
    """
    if _is_to_go_back(run, office):
        return take_back(run, office, orders)
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        statuses = office.store.steps(run.id)
        if any(s.state not in SETTLED for s in statuses):
            check_plan(plan)
        with _held(journal, office):
            seen = glance(as_before(plan, run))
            if has_begun(plan, office, run):
                judge_resumption(plan, seen, statuses)
            else:
                seen.demand_answer()
                judge_start(plan, seen)
                demand_ready(plan, seen, as_before(plan, run), Scope.of(run), orders.note)
        return _orchestrate(journal, Equipment(plan, run, office, orders), View.of(seen, run))


def bring_to_rest(run: Run, office: Office, orders: Orders) -> Result:
    """Carry out what a run was told that nobody orchestrates: what is in flight is adopted, and nothing starts.

    The cloud is only asked once a step needs its answer: that it is silent keeps nobody from pausing or cancelling.
    Raises Refusal (run.cloud_busy) where somebody orchestrates it after all.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        tools = Equipment(plan, run, office, orders).to_rest()
        try:
            found = asyncio.run(obey(journal, plan, run.id, tools))
            if found.state not in _UNDER_WAY or not _is_told_to_rest(found, office):
                return Result(found)
            return asyncio.run(_until_told(journal, plan, found, (tools, replace(orders, approve_all=False))))
        finally:
            end_those_of(office.store, office.state_dir, run.cloud)


def take_back(run: Run, office: Office, orders: Orders) -> Result:
    """Undo what a run has done, as far as it was told to. Raises Refusal (run.cloud_busy, plan.drift: another cloud).

    The cloud may be in any half state, which is no reason to leave it so: nothing is compared with the plan. What was
    taken back must report; where its registry is silent now, that is told, and it is waited for.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        with _held(journal, office):
            seen = glance(as_before(plan, run))
        judge_retreat(plan, seen)
        for source in sorted(seen.silent):
            orders.note(f"{source} does not answer: what it knows of must report before it counts as taken back")
        return _orchestrate(journal, Equipment(plan, run, office, orders), View.of(seen, run))


def _is_to_go_back(run: Run, office: Office) -> bool:
    told = {command.kind for command in office.store.commands(run.id, unsettled=True)}
    return run.intent == "rollback" or (run.intent == "go" and "rollback" in told)


def _is_told_to_rest(run: Run, office: Office) -> bool:
    told = {command.kind for command in office.store.commands(run.id, unsettled=True)}
    return run.intent == "cancel" or not told.isdisjoint({"pause", "cancel"})


def _orchestrate(journal: Journal, equipment: Equipment, view: View) -> Result:
    office, orders, run = equipment.office, equipment.orders, equipment.run
    tools = equipment.to_go_on(view)
    try:
        result = asyncio.run(_until_told(journal, equipment.plan, run, (tools, orders)))
        if result.run.state is RunState.DONE:
            for sentence in (*asyncio.run(_lost(tools)), *at_the_end(equipment.keeper, _tried(tools))):
                orders.note(f"after the upgrade: {sentence}")
        return result
    finally:
        end_those_of(office.store, office.state_dir, run.cloud)


async def _lost(tools: Tools) -> tuple[str, ...]:
    """What users lost beyond the budget: during the last steps that comes too late to stop anything."""
    if tools.meter is None:
        return ()
    await tools.meter.baseline()  # takes in what was written since
    found = await tools.meter.breach()
    return (found,) if found else ()


def _tried(tools: Tools) -> Canary | None:
    """What came of what users do, behind the last step."""
    return tools.meter.tried() if tools.meter else None


async def _until_told(journal: Journal, plan: Plan, run: Run, having: tuple[Tools, Orders]) -> Result:
    """Being told to leave detaches: nothing new starts, attempts go on and the next resume adopts them."""
    tools, orders = having
    with orders.listening() as heard:
        ended = await carry_out(journal, plan, run.id, tools, stop=heard.stop, approve_all=orders.approve_all)
    return Result(ended, heard.first if ended.state in _UNDER_WAY else None)


def waiting_steps(run: Run, plan: Plan, records: Records) -> tuple[Step, ...]:
    """The steps of a run that want approval."""
    waiting = {s.id for s in records.steps(run.id) if s.state is StepState.WAITING}
    return tuple(s for s in plan.steps if s.id in waiting)
