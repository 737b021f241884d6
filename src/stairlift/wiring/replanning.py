"""A run that is at rest, planned anew from what the cloud has become; and the run that takes its place."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stairlift.check.again import behind, new_errors, other_cloud
from stairlift.check.freshness import dead_rows
from stairlift.drive.begin import Place, new_run
from stairlift.model.difference import Difference
from stairlift.model.errors import Refusal
from stairlift.model.finding import Waiver
from stairlift.model.plan import Asked, Plan
from stairlift.model.plan_document import to_document
from stairlift.model.policy import Policy
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, SETTLED, AttemptId, Run, RunState, StepStatus
from stairlift.model.scope import Scope
from stairlift.plan import Request
from stairlift.plan.difference import difference
from stairlift.plan.drift import drift
from stairlift.plan.past import carried, past_of
from stairlift.ports import Executor
from stairlift.wiring.again import refuse_drift
from stairlift.wiring.as_before import run_options, where_of
from stairlift.wiring.clock import now
from stairlift.wiring.config.queues import demand_workers
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.gating import kept_gates
from stairlift.wiring.keeping import waived
from stairlift.wiring.look import Look, Where, look
from stairlift.wiring.meter import kept
from stairlift.wiring.office import Office
from stairlift.wiring.planning import make_plan

#: States in which a run waits for somebody, and can be planned anew meanwhile.
_AT_REST = frozenset({RunState.PENDING, RunState.PAUSED, RunState.WAITING, RunState.FAILED})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody typed behind `stairlift replan`, beside the run. Nothing said is as it was for the plan."""

    policy: Policy
    specs: tuple[str, ...] = ()
    os_cloud: str | None = None
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True)
class Replanned:
    """A new plan for a run, how it differs from the old one, and its steps that were settled or begun already."""

    run: Run
    statuses: tuple[StepStatus, ...]
    plan: Plan
    difference: Difference
    carried: tuple[StepStatus, ...]
    seen: Look


def replan(run: Run, office: Office, settings: Settings, wanted: Wanted) -> Replanned:
    """Look at the cloud again and plan what remains. Writes nothing.

    Raises Refusal: replan.not_at_rest, replan.still_runs, replan.unknown_part, plan.drift where it is another cloud or
    a source is silent that was not, plan.refused is left to the caller.
    """
    old, statuses = _waiving(office.plan(run), wanted.waivers), office.store.steps(run.id)
    _demand_rest(run, statuses)
    _demand_part(old)
    asyncio.run(_demand_end(run, statuses, office.executor_for(old)))
    where = _where(old, settings, wanted)
    seen = look(where)
    _demand_sight(old, statuses, seen)
    past = past_of(run.id, old, statuses, seen.reconciled.cloud)
    request = Request(
        target=old.target,
        source=old.source,
        policy=wanted.policy,
        stages=old.asked.stages,
        hosts=old.asked.hosts,
        exclude=old.asked.exclude,
        waivers=old.waivers,
        past=past,
    )
    made = make_plan(seen, request, where, settings)
    begun = carried(past, made)
    apart = difference(office.plan(run), made, _settled(statuses), _settled(begun))
    return Replanned(run, statuses, made, apart, begun, seen)


def _waiving(old: Plan, more: Sequence[Waiver]) -> Plan:
    """The old plan, with what somebody waives by now: what that covers is no reason to stop any more."""
    return replace(old, waivers=tuple(dict.fromkeys((*old.waivers, *more))))


def _settled(statuses: Iterable[StepStatus]) -> set[str]:
    return {status.id for status in statuses if status.state in SETTLED}


def _where(old: Plan, settings: Settings, wanted: Wanted) -> Where:
    """As for the old plan, unless somebody says otherwise; with today's aliases and ways to reach hosts."""
    return Where.by(settings, wanted.specs or old.sources, wanted.os_cloud or old.os_cloud)


def _demand_rest(run: Run, statuses: Sequence[StepStatus]) -> None:
    flying = sum(status.state in IN_FLIGHT for status in statuses)
    if run.state in _AT_REST and run.intent == "go" and not flying:
        return
    intents = {"cancel": " and is being cancelled", "rollback": " and is being rolled back"}
    intent = "" if run.state in FINAL_RUN_STATES else intents.get(run.intent, "")
    flight = f", with {flying} step{'s' if flying > 1 else ''} in flight" if flying else ""
    moves = run.state in {RunState.RUNNING, RunState.ROLLING_BACK}
    raise Refusal(
        code="replan.not_at_rest",
        brief=f"run {run.id} is {run.state}{intent}{flight}",
        resolution=f"`stairlift pause {run.id}`, and plan anew once it rests" if moves else "make a new plan",
    )


def _demand_part(old: Plan) -> None:
    """A plan of an older program does not say which part of the cloud it was asked for."""
    if any(f.code == "plan.narrowed" for f in old.findings) and old.asked == Asked():
        raise Refusal(
            code="replan.unknown_part",
            brief="the plan is for a part of the cloud, and does not say which part it was asked for",
            resolution="cancel the run, and plan for that part again",
        )


async def _demand_end(run: Run, statuses: Sequence[StepStatus], executor: Executor) -> None:
    """What is begun anew must not still run; only of steps that ended without success can that be."""
    begun = [AttemptId(run.id, s.id, s.attempt) for s in statuses if s.attempt and s.state not in SETTLED]
    for attempt in begun:
        left = await executor.remains(attempt)
        if left:
            raise Refusal(
                code="replan.still_runs",
                brief=f"attempt {attempt.number} of {attempt.step} still runs: {', '.join(left)}",
                resolution="wait until it has ended, or end it",
            )


def _demand_sight(old: Plan, statuses: Sequence[StepStatus], seen: Look) -> None:
    """What a silent source would have told of has not gone, so nothing can be planned without it."""
    cloud, findings = seen.reconciled.cloud, seen.reconciled.findings
    settled = _settled(statuses)
    drifted = drift(old, cloud, [step for step in old.steps if step.id not in settled])
    silent = [f for f in new_errors(old, findings) if f.code.startswith("source.")]
    refuse_drift(*other_cloud(old, cloud.name), *silent, *behind(old, drifted, findings))


def take_place(new: Replanned, office: Office, settings: Settings, actor: str, *, approve_all: bool) -> Run:
    """Put a run of the new plan on record, with what is settled, and end the old one: both, or neither.

    Raises Refusal: replan.moved where the old run is not as it was when the plan was made, run.cloud_busy,
    run.in_flight. Raises UsageError (queue.no_workers).
    """
    demand_workers(new.plan, settings.database_url)
    where = where_of(new.plan, settings.aliases, settings.ansible_arguments, settings.ssh).checking(settings)
    gates = kept_gates(settings.gates, new.seen, where, new.plan)  # what has gone since the old plan has been read
    with office.store.hold(new.run.cloud) as journal:
        _demand_unmoved(new, office)
        known = {(str(name), str(row)) for name, row in new.run.options.get("dead_rows", ())}
        rows = known | dead_rows(new.seen.reconciled.cloud.services)
        scope = Scope(stop_after=new.plan.stop_after or "")
        told = office.store.commands(new.run.id, unsettled=True)
        options = run_options(settings, rows, scope) | kept(settings.meter, new.plan) | waived(new.plan)
        return new_run(
            journal,
            new.plan,
            to_document(new.plan),
            now=now(),
            actor=actor,
            options=options | gates,
            approve_all=approve_all,
            place=Place(new.run, new.carried, told, office.store.effects(new.run.id)),
        )


def _demand_unmoved(new: Replanned, office: Office) -> None:
    if office.store.run(new.run.id) == new.run and office.store.steps(new.run.id) == new.statuses:
        return
    raise Refusal(
        code="replan.moved",
        brief=f"run {new.run.id} has moved since it was planned anew",
        resolution=f"`stairlift replan {new.run.id}` again, once it rests",
    )
