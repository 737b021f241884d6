"""What a run is carried out with: its tools, from its plan and from what was seen of its cloud."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from stairlift.check.freshness import presumed, reporting
from stairlift.drive.discover import observe
from stairlift.drive.freshness import Expectation, LateFreshness, RegistryFreshness
from stairlift.drive.gates.late import LateGates
from stairlift.drive.gates.settings import gate_settings
from stairlift.drive.tools import Pace, Tools
from stairlift.model.observation import Observation
from stairlift.model.plan import Plan
from stairlift.model.run import Run, StepState
from stairlift.ports import FreshnessProbe, StepGate
from stairlift.strategy.watch import FrozenWatch
from stairlift.wiring.around import surroundings
from stairlift.wiring.as_before import View, as_before
from stairlift.wiring.clock import now
from stairlift.wiring.gating import Gating
from stairlift.wiring.keeping import RunKeeper
from stairlift.wiring.look import Look, glance
from stairlift.wiring.meter import end_those_of, metered, run_meter
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders
from stairlift.wiring.putting_back import who_puts_back
from stairlift.wiring.system_clock import SystemClock


@dataclass(frozen=True)
class Equipment:
    """The tools of one orchestrator of a run."""

    plan: Plan
    run: Run
    office: Office
    orders: Orders

    def to_go_on(self, view: View) -> Tools:
        """All of them, for who carries the run out."""
        gating = Gating.of(self.run, view.seen, as_before(self.plan, self.run))
        gates = gating.gates(self.plan, SystemClock())
        tools = replace(self._common(_freshness(self.plan, view), *gates), keeper=self.keeper)
        return self._measured(tools, view)

    def to_rest(self) -> Tools:
        """Those that bring it to rest. The cloud is only looked at once a step needs its answer."""
        freshness = LateFreshness(lambda: _freshness(self.plan, self._glance))
        return self._common(freshness, LateGates(self._gates_by_glance))

    @cached_property
    def keeper(self) -> RunKeeper:
        """Who asks for the whole cloud."""
        begun = has_begun(self.plan, self.office, self.run)
        return RunKeeper(self.plan, self.run, as_before(self.plan, self.run), self.office.store, begun)

    def _common(self, freshness: FreshnessProbe, *gates: StepGate) -> Tools:
        pace = Pace.for_lease(self.office.lease_ttl)
        return Tools(
            store=self.office.store,
            executor=self.office.executor_for(self.plan),
            strategies=who_puts_back(self.plan, self.run, self.office),
            clock=SystemClock(),
            freshness=freshness,
            on_event=self.orders.on_event,
            frozen=FrozenWatch(self.plan.bindings),
            pace=replace(pace, verify=gate_settings(self.run).within or pace.verify),
            actor=self.orders.actor,
            gates=gates,
            surroundings=surroundings(self.plan, self.run, self.office.executor),
        )

    def _measured(self, tools: Tools, view: View) -> Tools:
        """With the meter of the run, where it is to be measured; those of runs that are over end."""
        end_those_of(self.office.store, self.office.state_dir, self.run.cloud)
        place = metered(self.run, self.plan, self.office.state_dir, view.seen.observations)
        if place is None:
            return tools
        if not place.folder.exists():
            self.orders.note(f"nothing is changed before {place.order.settings.baseline:g} s of answers are a baseline")
        return replace(tools, meter=run_meter(place, self.run, tools, self.orders.note))

    @cached_property
    def _glance(self) -> View:
        return View.of(glance(as_before(self.plan, self.run)), self.run)

    def _gates_by_glance(self) -> tuple[StepGate, ...]:
        gating = Gating.of(self.run, self._glance.seen, as_before(self.plan, self.run))
        return gating.gates(self.plan, SystemClock())


def has_begun(plan: Plan, office: Office, run: Run) -> bool:
    """Whether anything was done to the cloud: by this run, or by that whose place it takes."""
    gates = {step.id for step in plan.steps if step.action == "approve"}
    return any(s.attempt or (s.state is StepState.DONE and s.id not in gates) for s in office.store.steps(run.id))


def _freshness(plan: Plan, view: View) -> RegistryFreshness:
    return RegistryFreshness(_registries(view.seen), expected(plan, view), SystemClock())


def _registries(seen: Look) -> Callable[[str], Observation]:
    """Asks one source again by its name."""
    managers = {manager.name: manager for manager in seen.managers}
    return lambda source: observe(managers[source], now)


def expected(plan: Plan, view: View) -> Expectation:
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
