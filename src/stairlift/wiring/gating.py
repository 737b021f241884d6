"""The gates behind the steps of a run: the `[gates]` table, how the cloud was before, and who is asked through what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from stairlift.check.api.network import ActiveRouters
from stairlift.check.api.records import Missing
from stairlift.check.api.servers import Guests
from stairlift.check.hosts.broker import Bus
from stairlift.check.hosts.ovn import GATEWAYS, MEMBERS
from stairlift.drive.checks import run_checks
from stairlift.drive.discover import observe
from stairlift.drive.gates.on_hosts import LogGate, ProcessGate
from stairlift.drive.gates.settings import BEFORE, GATES, KEPT, GateSettings, gate_settings
from stairlift.drive.gates.through_ports import ApiGate, CheckedGate, Lacking
from stairlift.inventory.host_facts import facts
from stairlift.inventory.host_script import rows, script
from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY, in_quorum
from stairlift.model.check import CheckResult, Phase
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact
from stairlift.model.plan import Plan, Step
from stairlift.model.run import Run
from stairlift.ports import Check, Clock, Remote, StepGate
from stairlift.reconcile import reconcile
from stairlift.wiring.clock import now
from stairlift.wiring.config.policy import whole_seconds
from stairlift.wiring.config.toml import demand_known, invalid
from stairlift.wiring.look import Look, Where
from stairlift.wiring.questions import Asking, Way, asking

_LOOK_TIMEOUT = 60.0
#: The checks that a gate compares with before the run, by the gate's name.
_Kind = Callable[[], Check]
_COMPARED: Mapping[str, tuple[_Kind, ...]] = {
    "counts": (Missing, Guests),
    "routers": (ActiveRouters,),
    "members": (MEMBERS,),
    "gateways": (GATEWAYS,),
}
#: What a check before a one-way step compares with, and no gate of a step asks.
_BUS: Mapping[str, tuple[_Kind, ...]] = {"bus": (Bus,)}
_IN_ORDER = ("api", "process", "logs", "members", "counts", "routers", "gateways")


def read_gates(table: Any, place: str) -> GateSettings:
    """The `[gates]` table. Raises UsageError (config.invalid) naming the place and the key."""
    if not isinstance(table, Mapping):
        raise invalid(place, f"is a table with {', '.join((*GATES, 'within'))}")
    demand_known(place, table, (*GATES, "within"), "keys")
    for name in GATES:
        if not isinstance(table.get(name, True), bool):
            raise invalid(place, f"{name} is true or false, not {table[name]!r}")
    within = float(whole_seconds(place, "within", table["within"])) if "within" in table else None
    if within is not None and within < 1:
        raise invalid(place, "within is at least a second")
    return GateSettings(**{name: table.get(name) for name in GATES}, within=within)


@dataclass(frozen=True, slots=True)
class Gating:
    """What gates are made of: what the run keeps of them, and the cloud as it was looked at."""

    settings: GateSettings
    before: Mapping[str, Any]
    seen: Look
    where: Where

    @classmethod
    def of(cls, run: Run, seen: Look, where: Where) -> "Gating":
        """As the run began."""
        return cls(gate_settings(run), run.options.get(BEFORE, {}), seen, where)

    def gates(self, plan: Plan, clock: Clock) -> tuple[StepGate, ...]:
        """Those that are wanted and can be asked, the cheapest first; of those demanded by name what keeps them."""
        asked = asking(self.seen, self.where, Way(plan.source, plan.target, plan))
        made = {**self._on_hosts(asked, clock), **self._of_the_cloud(asked)}
        return tuple(gate for name in _IN_ORDER for gate in self._of(name, made))

    def _of(self, name: str, made: Mapping[str, StepGate]) -> Iterator[StepGate]:
        if name in made and self.settings.wanted(name):
            yield made[name]
        elif self.settings.demanded(name):
            yield Lacking(name, _LACKING[name])

    def _on_hosts(self, asked: Asking, clock: Clock) -> Mapping[str, StepGate]:
        remote, hosts = asked.ways.remote, asked.scene.shells
        if remote is None or not hosts:
            return {}
        return {"process": ProcessGate(looking(remote), hosts), "logs": LogGate(remote, hosts, clock)}

    def _of_the_cloud(self, asked: Asking) -> Mapping[str, StepGate]:
        found: dict[str, StepGate] = {}
        if asked.ways.urls is not None and asked.scene.backends:
            found["api"] = ApiGate(asked.ways.urls, asked.scene.backends)
        for name, kinds in _COMPARED.items():
            if name in self.before:
                found[name] = self._compared(name, kinds, asked)
        return found

    def _compared(self, name: str, kinds: Sequence[_Kind], asked: Asking) -> CheckedGate:
        kept = self.before[name]
        based = replace(asked, scene=replace(asked.scene, baseline=kept["facts"]))
        known = [kind for kind in kinds if kind().info.code in kept["facts"]]
        ask = partial(self._judged, known, based)
        return CheckedGate(name, ask, kept["found"], _CONCERNS.get(name, _any_step))

    def _judged(self, kinds: Sequence[_Kind], asked: Asking) -> Sequence[CheckResult]:
        return _results(kinds, self._anew(asked), "gate")

    def _anew(self, asked: Asking) -> Asking:
        """The same cloud by what its registries say now, and who was silent when it was looked at."""
        asked_now = {*SOURCE_OF_REGISTRY.values(), *(one.source for one in self.seen.observations if one.trouble)}
        fresh = {m.name: observe(m, now) for m in self.seen.managers if m.name in asked_now}
        for seen in fresh.values():
            if seen.trouble and seen.trouble is not Trouble.NOT_DEPLOYED:
                raise SourceTrouble(seen.trouble, f"{seen.source}: {seen.trouble}", seen.detail)
        observations = tuple(fresh.get(one.source, one) for one in self.seen.observations)
        made = reconcile(observations, name=asked.scene.cloud.name, aliases=self.where.aliases)
        scene = replace(asked.scene, cloud=made.cloud, observations=observations, findings=made.findings, now=now())
        return replace(asked, scene=scene)


_LACKING = {
    "api": "no load balancer was asked for the addresses of API servers: --inventory haproxy:PATH",
    "process": "no host lets us look: --inventory hosts:INVENTORY",
    "logs": "no host lets us look: --inventory hosts:INVENTORY",
    "counts": "nothing is known of how the cloud was before the run",
    "routers": "nothing is known of how the routers were before the run",
    "members": "nothing is known of how OVN's databases were before the run: it takes a shell on their hosts",
    "gateways": "nothing is known of who carried the routers before the run: it takes a shell on OVN's databases",
}


def kept_gates(settings: GateSettings, seen: Look, where: Where, plan: Plan) -> dict[str, Any]:
    """What a new run keeps for its gates: what the operator said, and how the cloud is before the first change."""
    asked = asking(seen, where, Way(plan.source, plan.target, plan))
    wanted = {name: kinds for name, kinds in _COMPARED.items() if settings.wanted(name)}
    before = {name: kept for name, kinds in {**wanted, **_BUS}.items() if (kept := _before(kinds, asked))}
    said = settings.document()
    return ({KEPT: said} if said else {}) | ({BEFORE: before} if before else {})


def _before(kinds: Sequence[_Kind], asked: Asking) -> dict[str, Any]:
    """The facts of these checks, and the subjects of what they find already; nothing where one of them cannot tell."""
    results = _results(kinds, asked, "before")
    if not results or any(one.judgement.unknown for one in results):
        return {}
    facts_of = {one.info.code: dict(one.judgement.facts) for one in results}
    return {"facts": facts_of, "found": {one.info.code: [f.subject for f in one.judgement.findings] for one in results}}


def _results(kinds: Sequence[_Kind], asked: Asking, phase: Phase) -> tuple[CheckResult, ...]:
    return tuple(
        one
        for one in run_checks([kind() for kind in kinds], asked.scene, asked.ways, phase=phase)
        if one.state != "skipped"
    )


def _touches_routers(step: Step) -> bool:
    return "neutron-l3-agent" in step.services


def _touches_members(step: Step) -> bool:
    return any(map(in_quorum, step.services))


def _touches_chassis(step: Step) -> bool:
    return "ovn-controller" in step.services


def _any_step(step: Step) -> bool:  # noqa: ARG001
    return True


_CONCERNS: Mapping[str, Callable[[Step], bool]] = {
    "routers": _touches_routers,
    "members": _touches_members,
    "gateways": _touches_chassis,
}


def looking(remote: Remote) -> Callable[[str], Sequence[Fact]]:
    """Looks at one host as the source `hosts:` does."""

    def look(host: str) -> Sequence[Fact]:
        try:
            return facts(host, None, rows(remote.run(host, script(), timeout=_LOOK_TIMEOUT).out))
        except (ValueError, TypeError, LookupError) as wrong:
            raise SourceTrouble(Trouble.MALFORMED, f"what it says makes no sense: {wrong}") from wrong

    return look
