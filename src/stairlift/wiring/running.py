"""Carrying out a plan: the cloud is looked at again, and only then something is put on record and starts."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from stairlift.check.again import shows_target
from stairlift.check.freshness import Row, dead_rows, presumed, reporting
from stairlift.drive.begin import new_run
from stairlift.drive.discover import observe
from stairlift.drive.freshness import Expectation, LateFreshness, RegistryFreshness
from stairlift.drive.keepalive import kept
from stairlift.drive.loop import carry_out
from stairlift.drive.resting import obey
from stairlift.drive.tools import Pace, Tools
from stairlift.model.observation import Observation
from stairlift.model.plan import Plan, Step
from stairlift.model.plan_document import to_document
from stairlift.model.run import SETTLED, Event, Run, RunState, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.ports import FreshnessProbe, Journal
from stairlift.remote.words import SshOptions
from stairlift.strategy.watch import FrozenWatch
from stairlift.wiring.again import check_plan, demand_original, judge_resumption, judge_retreat, judge_start
from stairlift.wiring.clock import now
from stairlift.wiring.gating import Gating, kept_gates
from stairlift.wiring.keeping import RunKeeper, at_the_end, demand_ready, waived
from stairlift.wiring.look import Look, Where, glance, look
from stairlift.wiring.meter import end_those_of, metered, run_meter, with_leftovers
from stairlift.wiring.meter import kept as kept_meter
from stairlift.wiring.office import Office
from stairlift.wiring.planning import strategies_of
from stairlift.wiring.queues import demand_workers
from stairlift.wiring.settings import Settings
from stairlift.wiring.signals import listening

_UNDER_WAY = frozenset({RunState.RUNNING, RunState.ROLLING_BACK})


@dataclass(frozen=True, slots=True)
class Orders:
    """What somebody wants of a run. `approve_all` approves every gate of it, now and after a resume.

    `again` carries out a plan that was carried out before, whatever the cloud shows. `scope` is how far a new run goes.
    `note` hears what a person should know beside the events.
    """

    actor: str
    approve_all: bool
    on_event: Callable[[Event], None]
    again: bool = False
    scope: Scope = field(default_factory=Scope)
    note: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Result:
    """How the orchestrator left: the run as it stands, and the signal that made it leave early, if one did.

    `idle` says that the plan had been carried out before, and nothing was left to be done.
    """

    run: Run
    signal: int | None = None
    idle: bool = False


class SystemClock:
    """Fills ports.Clock with this machine's own."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds since this machine was started."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        """Let others work for so long."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class _View:
    """What is known of the cloud when an orchestrator sets to work, and which rows of its registries are dead."""

    seen: Look
    dead_rows: frozenset[Row]


def start(plan: Plan, office: Office, settings: Settings, orders: Orders) -> Result:
    """Begin a run and carry it out. Raises Refusal (run.cloud_busy, plan.drift) with nothing recorded."""
    with office.store.hold(plan.cloud) as journal:
        run, view = _begin(journal, plan, office, (settings, orders))
        return _orchestrate(journal, plan, run, (office, orders, view)) if view else Result(run, idle=True)


def record_only(plan: Plan, office: Office, settings: Settings, orders: Orders) -> Result:
    """Put a run on record for another process to carry out. Raises as `start` does."""
    with office.store.hold(plan.cloud) as journal:
        run, view = _begin(journal, plan, office, (settings, orders))
        return Result(run, idle=view is None)


def _begin(journal: Journal, plan: Plan, office: Office, by: tuple[Settings, Orders]) -> tuple[Run, _View | None]:
    """A new run, and what was seen before it; or the earlier run that has done it all, and nothing."""
    settings, orders = by
    demand_original(plan)
    demand_workers(plan, settings.database_url)
    with kept(journal, Pace.for_lease(office.lease_ttl).lease):
        where = _where(plan, settings.aliases, settings.ansible_arguments, settings.ssh).checking(settings)
        seen = look(where)
    done = None if orders.again else _done_before(plan, office)
    if done and seen.reconciled.cloud.name == plan.cloud and shows_target(plan, seen.reconciled.cloud.release):
        return done, None
    judge_start(plan, seen)
    view = _View(seen, dead_rows(seen.reconciled.cloud.services))
    options = run_options(settings, view.dead_rows, orders.scope) | kept_meter(settings.meter, plan)
    options |= demand_ready(plan, seen, where, orders.scope, orders.note) | waived(plan)
    options |= kept_gates(settings.gates, seen, where, plan)
    run = new_run(journal, plan, to_document(plan), now=now(), actor=orders.actor, options=options)
    return run, view


def run_options(settings: Settings, rows: Collection[Row], scope: Scope) -> dict[str, Any]:
    """What a run keeps to look at the cloud again as it was looked at, and how far it goes; `rows` are dead."""
    looks = {
        "aliases": dict(settings.aliases),
        "ansible_arguments": list(settings.ansible_arguments),
        "ssh": settings.ssh.document(),
        "dead_rows": sorted(rows),
    }
    return looks | scope.options()


def _done_before(plan: Plan, office: Office) -> Run | None:
    runs = office.store.runs(plan.cloud)
    return next((run for run in runs if run.plan_hash == plan.hash and run.state is RunState.DONE), None)


def _where(plan: Plan, aliases: Mapping[str, str], ansible_arguments: Sequence[str], ssh: SshOptions) -> Where:
    """The cloud of a plan is looked at as it was for the plan."""
    return Where(plan.sources, plan.os_cloud, dict(aliases), tuple(ansible_arguments), ssh)


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
        with kept(journal, Pace.for_lease(office.lease_ttl).lease):
            seen = glance(_as_before(plan, run))
        if _has_begun(plan, statuses):
            judge_resumption(plan, seen, statuses)
        else:
            seen.demand_answer()
            judge_start(plan, seen)
            demand_ready(plan, seen, _as_before(plan, run), Scope.of(run), orders.note)
        return _orchestrate(journal, plan, run, (office, orders, _view(seen, run)))


def bring_to_rest(run: Run, office: Office, orders: Orders) -> Result:
    """Carry out what a run was told that nobody orchestrates: what is in flight is adopted, and nothing starts.

    The cloud is only asked once a step needs its answer: that it is silent keeps nobody from pausing or cancelling.
    Raises Refusal (run.cloud_busy) where somebody orchestrates it after all.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        probe = LateFreshness(lambda: _freshness(plan, _view(glance(_as_before(plan, run)), run)))
        tools = _tools(plan, office, orders, probe)
        tools = replace(tools, strategies=with_leftovers(tools.strategies, run, office.state_dir))
        try:
            found = asyncio.run(obey(journal, plan, run.id, tools))
            if found.state not in _UNDER_WAY or not _is_told_to_rest(found, office):
                return Result(found)
            return asyncio.run(_until_signalled(journal, plan, found, tools, approve_all=False))
        finally:
            end_those_of(office.store, office.state_dir, run.cloud)


def take_back(run: Run, office: Office, orders: Orders) -> Result:
    """Undo what a run has done, as far as it was told to. Raises Refusal (run.cloud_busy, plan.drift: another cloud).

    The cloud may be in any half state, which is no reason to leave it so: nothing is compared with the plan. What was
    taken back must report; where its registry is silent now, that is told, and it is waited for.
    """
    plan = office.plan(run)
    with office.store.hold(run.cloud) as journal:
        with kept(journal, Pace.for_lease(office.lease_ttl).lease):
            seen = glance(_as_before(plan, run))
        judge_retreat(plan, seen)
        for source in sorted(seen.silent):
            orders.note(f"{source} does not answer: what it knows of must report before it counts as taken back")
        return _orchestrate(journal, plan, run, (office, orders, _view(seen, run)))


def _is_to_go_back(run: Run, office: Office) -> bool:
    told = {command.kind for command in office.store.commands(run.id, unsettled=True)}
    return run.intent == "rollback" or (run.intent == "go" and "rollback" in told)


def _is_told_to_rest(run: Run, office: Office) -> bool:
    told = {command.kind for command in office.store.commands(run.id, unsettled=True)}
    return run.intent == "cancel" or not told.isdisjoint({"pause", "cancel"})


def _as_before(plan: Plan, run: Run) -> Where:
    """The cloud of a run is looked at as it was when the run began."""
    options = run.options
    ssh = SshOptions.of(options.get("ssh", {}))
    return _where(plan, options.get("aliases", {}), options.get("ansible_arguments", ()), ssh)


def _view(seen: Look, run: Run) -> _View:
    return _View(seen, frozenset((name, row) for name, row in run.options.get("dead_rows", ())))


def _tools(plan: Plan, office: Office, orders: Orders, freshness: FreshnessProbe) -> Tools:
    return Tools(
        store=office.store,
        executor=office.executor_for(plan),
        strategies=strategies_of(plan),
        clock=SystemClock(),
        freshness=freshness,
        on_event=orders.on_event,
        frozen=FrozenWatch(plan.bindings),
        pace=Pace.for_lease(office.lease_ttl),
        actor=orders.actor,
    )


def _gated(tools: Tools, plan: Plan, run: Run, view: _View) -> Tools:
    gating = Gating.of(run, view.seen, _as_before(plan, run))
    within = gating.settings.within
    pace = replace(tools.pace, verify=within) if within else tools.pace
    return replace(tools, gates=gating.gates(plan, tools.clock), pace=pace)


def _keeper(plan: Plan, run: Run, office: Office) -> RunKeeper:
    begun = _has_begun(plan, office.store.steps(run.id))
    return RunKeeper(plan, run, _as_before(plan, run), office.store, begun)


def _freshness(plan: Plan, view: _View) -> RegistryFreshness:
    return RegistryFreshness(_registries(view.seen), _expected(plan, view), SystemClock())


def _has_begun(plan: Plan, statuses: Sequence[StepStatus]) -> bool:
    """Whether anything was done to the cloud: by this run, or by that whose place it takes."""
    gates = {step.id for step in plan.steps if step.action == "approve"}
    return any(s.attempt or (s.state is StepState.DONE and s.id not in gates) for s in statuses)


def _orchestrate(journal: Journal, plan: Plan, run: Run, around: tuple[Office, Orders, _View]) -> Result:
    office, orders, view = around
    tools = _gated(_tools(plan, office, orders, _freshness(plan, view)), plan, run, view)
    keeper = _keeper(plan, run, office)
    tools = replace(tools, keeper=keeper)
    tools = _measured(tools, plan, run, around)
    try:
        result = asyncio.run(_until_signalled(journal, plan, run, tools, approve_all=orders.approve_all))
        if result.run.state is RunState.DONE:
            for sentence in at_the_end(keeper):
                orders.note(f"after the upgrade: {sentence}")
        return result
    finally:
        end_those_of(office.store, office.state_dir, run.cloud)


def _measured(tools: Tools, plan: Plan, run: Run, around: tuple[Office, Orders, _View]) -> Tools:
    """With the meter of the run, where it is to be measured; those of runs that are over end."""
    office, orders, view = around
    end_those_of(office.store, office.state_dir, run.cloud)
    place = metered(run, plan, office.state_dir, view.seen.observations)
    if place is None:
        return tools
    if not place.folder.exists():
        orders.note(f"nothing is changed before {place.order.settings.baseline:g} s of answers are a baseline")
    strategies = with_leftovers(tools.strategies, run, office.state_dir)
    return replace(tools, meter=run_meter(place, run, tools), strategies=strategies)


def _registries(seen: Look) -> Callable[[str], Observation]:
    """Asks one source again by its name."""
    managers = {manager.name: manager for manager in seen.managers}
    return lambda source: observe(managers[source], now)


def _expected(plan: Plan, view: _View) -> Expectation:
    """Who must be heard of after a restart. Of a registry that is silent now, who would be in it by his binary."""
    seen = view.seen
    planned = (part for step in plan.steps for part in plan.parts(step))
    return Expectation(
        reporting=presumed(planned, seen.silent - _given_up(plan, seen)) | reporting(seen.reconciled.cloud.services),
        names=seen.reconciled.identity.names,
        ignored=view.dead_rows,
    )


def _given_up(plan: Plan, seen: Look) -> frozenset[str]:
    """The registries that we may not read, and that whoever approved the plan does without (`source.denied` waived)."""
    denied = (f for f in seen.reconciled.findings if f.code == "source.denied")
    return frozenset(f.subject for f in denied if any(waiver.covers(f) for waiver in plan.waivers))


async def _until_signalled(journal: Journal, plan: Plan, run: Run, tools: Tools, *, approve_all: bool) -> Result:
    """A signal detaches: nothing new starts, attempts go on and the next resume adopts them."""
    with listening() as heard:
        ended = await carry_out(journal, plan, run.id, tools, stop=heard.stop, approve_all=approve_all)
    return Result(ended, heard.first if ended.state in _UNDER_WAY else None)


def waiting_steps(run: Run, plan: Plan, office: Office) -> tuple[Step, ...]:
    """The steps of a run that want approval."""
    waiting = {s.id for s in office.store.steps(run.id) if s.state is StepState.WAITING}
    return tuple(s for s in plan.steps if s.id in waiting)
