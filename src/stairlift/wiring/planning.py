"""A plan from the operator's words: settings frozen into bindings, a look at the cloud, the planner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from stairlift.drive.check_registry import codes as check_codes
from stairlift.knowledge.releases import parse_series
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.finding import Waiver, in_order
from stairlift.model.plan import STAGES, Around, Binding, Plan, Stage, Step
from stairlift.model.policy import Policy
from stairlift.plan import Request, plan
from stairlift.ports import UpgradeStrategy
from stairlift.report.refused import refused_document
from stairlift.wiring.builtin import with_built_in
from stairlift.wiring.config.hops import Hops
from stairlift.wiring.config.settings import Settings, StrategyEntry
from stairlift.wiring.config.waivers import with_used
from stairlift.wiring.guests import about_draining
from stairlift.wiring.look import Look, Where
from stairlift.wiring.reviewing import Entry, placed, reviewed


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody typed behind `stairlift plan`, word for word."""

    to: str
    source: str | None = None
    stages: Sequence[str] = ()
    hosts: Sequence[str] = ()
    exclude: Sequence[str] = ()
    waive: Sequence[str] = ()

    def request(self, policy: Policy, waivers: Sequence[Waiver] = ()) -> Request:
        """The planner's request; UsageError (release.unknown, plan.unknown_stage) for words that nobody knows.

        `waivers` are those of the settings, beside those that were typed.
        """
        return Request(
            target=parse_series(self.to),
            source=parse_series(self.source) if self.source else None,
            policy=policy,
            stages=tuple(known_stage(name) for name in self.stages),
            hosts=tuple(self.hosts),
            exclude=tuple(self.exclude),
            waivers=(*(Waiver.parse(text) for text in self.waive), *waivers),
        )


def known_stage(name: str) -> Stage:
    """The stage of this name; UsageError (plan.unknown_stage) for a word that nobody knows."""
    for stage in STAGES:
        if stage == name:
            return stage
    raise UsageError(
        code="plan.unknown_stage", brief=f"there is no stage {name!r}", resolution=f"stages: {', '.join(STAGES)}"
    )


def make_plan(seen: Look, request: Request, where: Where, settings: Settings) -> Plan:
    """Plan for what was seen. The plan keeps how it was looked at, so that the run looks the same way."""
    specs = tuple(absolute(spec) for spec in where.specs)
    for spec in specs:
        _demand_json(f"--inventory {spec!a}", spec)
    around = frozen_around(settings)
    asked = replace(request, sources=specs, os_cloud=where.os_cloud, queues=settings.queues, around=around)
    cloud = seen.reconciled.cloud
    frozen = with_built_in(bindings(settings), asked.policy, cloud, where.os_cloud)
    made = with_used(plan(cloud, seen.reconciled.findings, asked, frozen), check_codes())
    told = reviewed(made, _entries(settings, made), cloud, narrowed=asked.narrowed)
    told += about_draining(made, seen, where, asked.policy)
    return replace(made, findings=in_order((*made.findings, *told))) if told else made


def with_findings(refused: Refusal, seen: Look) -> Refusal:
    """The refusal of a plan that could not be made, with all that is wrong with the cloud besides."""
    others = (finding for finding in seen.reconciled.findings if finding.severity == "error")
    return Refusal(
        code=refused.code,
        brief=refused.brief,
        details=refused.details,
        resolution=refused.resolution,
        findings=in_order((*refused.findings, *others)),
    )


def no_plan(seen: Look, request: Request, refused: Refusal) -> dict[str, Any]:
    """The document of a plan that cannot be made; the findings about the cloud are all in it."""
    cloud = seen.reconciled.cloud
    way = (request.source or cloud.release.series, request.target)
    return refused_document(cloud.name, way, (*refused.findings, *seen.reconciled.findings))


def _entries(settings: Settings, made: Plan) -> list[Entry]:
    strategies = strategies_of(made)
    return [
        entry_of(entry, binding, strategies[binding.id])
        for entry, binding in zip(settings.strategies, made.bindings, strict=False)
    ]


def entry_of(entry: StrategyEntry, binding: Binding, strategy: UpgradeStrategy) -> Entry:
    """An entry with its binding, as it is reviewed."""
    return Entry(entry.place, binding, strategy, per_hop=_per_hop(entry.use))


def absolute(spec: str) -> str:
    """The SPEC as it reads from any folder."""
    kind, colon, path = spec.partition(":")
    return f"{kind}:{Path(path).absolute()}" if colon and path and "," not in path and "://" not in path else spec


def bindings(settings: Settings) -> tuple[Binding, ...]:
    """Every `[[strategy]]` entry, frozen. UsageError names the file and the entry that is wrong."""
    return tuple(freeze_entry(number, entry, settings.hops) for number, entry in enumerate(settings.strategies))


def frozen_around(settings: Settings) -> tuple[Around, ...]:
    """Every `[[around]]` entry, frozen. Raises UsageError (around.program, around.unreadable)."""
    from stairlift.strategy.around import frozen

    return tuple(map(frozen, settings.around))


def freeze_entry(number: int, entry: StrategyEntry, hops: Hops) -> Binding:
    """The entry at `number` (the first is 0), frozen. UsageError names the file and the line."""
    from stairlift.strategy.freezing import freeze_binding

    try:
        options = _with_hops(entry, hops) if _per_hop(entry.use) else entry.options
        frozen = freeze_binding(number, entry.match, entry.use, options)
    except UsageError as wrong:
        raise placed(wrong, entry.place) from wrong
    _demand_json(f"{entry.place!a}", frozen.options)
    return replace(frozen, takes=entry.takes)


def _with_hops(entry: StrategyEntry, hops: Hops) -> Mapping[str, Any]:
    if "hops" in entry.options:
        raise UsageError(
            code="strategy.option",
            brief=f"strategy {entry.use!r}: hops is not an option of an entry",
            resolution="Write a table of its own for each release: [[hop]].",
        )
    return {**entry.options, "hops": hops}


def _per_hop(use: str) -> bool:
    """Whether the strategy is told by `[[hop]]` tables which deployer leads to which release."""
    from stairlift.strategy.registry import StrategyRegistry

    return bool(getattr(StrategyRegistry.installed().load(use), "per_hop", False))


def _demand_json(place: str, value: str | Mapping[str, Any]) -> None:
    """A plan is JSON: a path that is no UTF-8, an infinite number or a huge one would not come back as they went."""
    try:
        kept = orjson.loads(orjson.dumps(value)) == value
    except TypeError:
        kept = False
    if not kept:
        raise UsageError(
            code="plan.not_json",
            brief=f"{place} holds what a plan cannot keep",
            details="that is a name which is not UTF-8, or a number which JSON does not have",
            resolution="write it otherwise; a folder or file may have to be renamed",
        )


def strategies_of(made: Plan) -> dict[str, UpgradeStrategy]:
    """The strategies of a plan, by the ids of its bindings, as they were frozen."""
    from stairlift.strategy.freezing import thaw

    return {binding.id: thaw(binding) for binding in made.bindings}


def commands_of(step: Step, strategies: Mapping[str, UpgradeStrategy]) -> tuple[str, ...]:
    """What a person would type for a step. A strategy may be anybody's code: what it raises is told as a UsageError."""
    strategy = strategies.get(step.strategy or "")
    try:
        return tuple(strategy.runbook(step)) if strategy else ()
    except StairliftError:
        raise
    except (Exception, SystemExit) as wrong:
        raise UsageError(
            code="strategy.broken",
            brief=f"the strategy {step.strategy} cannot say what would be typed for {step.id}",
            details=f"{type(wrong).__name__}: {wrong}",
            resolution="Repair the package that brings it.",
        ) from wrong
