"""Everything that can be found wrong before the first step, in one go: the cloud, the entries, the plan in memory."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stairlift.check.entries import Match, catches_nothing
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding, in_order, unwaived_errors
from stairlift.model.plan import Binding, Plan
from stairlift.plan import Request, plan
from stairlift.report.checked import Checked, CheckedEntry
from stairlift.strategy.freezing import thaw
from stairlift.wiring.before import before
from stairlift.wiring.builtin import with_built_in
from stairlift.wiring.clock import today
from stairlift.wiring.config.settings import Settings, StrategyEntry
from stairlift.wiring.config.waivers import expired, in_force
from stairlift.wiring.guests import about_draining
from stairlift.wiring.look import Look, Where
from stairlift.wiring.planning import entry_of, freeze_entry
from stairlift.wiring.questions import Way, asking
from stairlift.wiring.reviewing import reviewed


@dataclass(frozen=True, slots=True)
class _Tried:
    """An entry of stairlift.toml as far as it could be built. `binding` stands for one that could not, too."""

    entry: StrategyEntry
    binding: Binding
    wrong: Finding | None


def check(seen: Look, settings: Settings, request: Request | None, where: Where, *, strict: bool = False) -> Checked:
    """All findings about a cloud and the settings for it, and with a request about the plan that it asks for.

    What is wrong with one entry hides nothing of the others: steps that a broken one would do stay its own. `strict`
    makes an error of a check that nobody gave the means for.
    """
    cloud = seen.reconciled.cloud
    tried = [_try(number, entry, settings) for number, entry in enumerate(settings.strategies)]
    findings = [*seen.reconciled.findings, *(one.wrong for one in tried if one.wrong)]
    made = None
    if request is None:
        findings += catches_nothing((_match(one) for one in tried), cloud)
    else:
        frozen = with_built_in([one.binding for one in tried], request.policy, cloud, where.os_cloud)
        made, told = _planned(seen, request, frozen)
        findings += [*told, *(_reviews(made, tried, seen, request) if made else ())]
    if made and request:
        findings += about_draining(made, seen, where, request.policy)
    waivers = in_force((*(request.waivers if request else ()), *settings.waivers), today())
    way = Way(made.source if made else cloud.release.series, request.target if request else None, made)
    results, about = before(asking(seen, where, way, findings), waivers, strict=strict)
    findings += [*about, *(finding for result in results for finding in result.findings)]
    return Checked(
        cloud=cloud.name,
        source=way.source,
        target=way.target,
        entries=tuple(_entries(tried, made)),
        findings=in_order(findings),
        refusing=unwaived_errors(in_order(findings), waivers),
        checks=results,
        waivers=waivers,
        over=expired(settings.waivers, today()),
    )


def _try(number: int, entry: StrategyEntry, settings: Settings) -> _Tried:
    try:
        return _Tried(entry, freeze_entry(number, entry, settings.hops), None)
    except StairliftError as wrong:  # somebody else's strategy may refuse in its own words
        stand_in = Binding(f"{entry.use}-{number + 1}", entry.use, entry.match, {}, "host")
        return _Tried(entry, stand_in, _finding(wrong, stand_in.id))


def _finding(wrong: StairliftError, subject: str) -> Finding:
    message = f"{wrong.brief}: {wrong.details.rstrip('.')}" if wrong.details else wrong.brief
    return Finding(code=wrong.code, severity="error", subject=subject, message=message, resolution=wrong.resolution)


def _match(one: _Tried) -> Match:
    return Match(one.entry.place, one.binding.id, one.entry.match)


def _planned(seen: Look, request: Request, bindings: Sequence[Binding]) -> tuple[Plan | None, Sequence[Finding]]:
    """The plan and what it found, or why there is none."""
    reconciled = seen.reconciled
    try:
        made = plan(reconciled.cloud, reconciled.findings, request, bindings)
    except Refusal as refused:
        return None, refused.findings or (_finding(refused, str(request.target)),)
    except UsageError as wrong:
        return None, (_finding(wrong, str(request.target)),)
    return made, made.findings


def _reviews(made: Plan, tried: Sequence[_Tried], seen: Look, request: Request) -> Iterator[Finding]:
    """What the usable entries say of their steps; one that raises says just that."""
    for one in tried:
        if one.wrong:
            continue
        try:
            yield from reviewed(
                made,
                [entry_of(one.entry, one.binding, thaw(one.binding))],
                seen.reconciled.cloud,
                narrowed=request.narrowed,
            )
        except UsageError as wrong:
            yield _finding(wrong, one.binding.id)


def _entries(tried: Sequence[_Tried], made: Plan | None) -> Iterator[CheckedEntry]:
    counts = Counter(step.strategy for step in made.steps) if made else {}
    for one in tried:
        steps = counts.get(one.binding.id, 0) if made else None
        yield CheckedEntry(one.entry.place, one.entry.use, one.wrong is None, steps)
