"""What the entries of stairlift.toml have to say to a plan: the reviews of strategies, hops and entries that lack."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stairlift.model.cloud import Cloud
from stairlift.model.errors import UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Binding, Plan, Step
from stairlift.ports import StepReviewer, UpgradeStrategy


@dataclass(frozen=True, slots=True)
class Entry:
    """A `[[strategy]]` of the settings as a plan froze it. `per_hop` needs a `[[hop]]` for each release."""

    place: str
    binding: Binding
    strategy: UpgradeStrategy
    per_hop: bool

    @property
    def hops(self) -> Mapping[str, object]:
        """The hops that it was given, by release."""
        return self.binding.options.get("hops", {}) if self.per_hop else {}


def reviewed(made: Plan, entries: Sequence[Entry], cloud: Cloud, *, narrowed: bool) -> tuple[Finding, ...]:
    """All that is wrong between a plan and the strategies it was made with. UsageError names the entry.

    Of a plan for a part of the cloud, or of the way, nobody can say that an entry is never used.
    """
    mine: dict[str, list[Step]] = defaultdict(list)
    for step in made.steps:
        if step.strategy is not None and step.action != "approve":
            mine[step.strategy].append(step)
    found: list[Finding] = []
    for entry in entries:
        steps = mine.get(entry.binding.id, [])
        if not steps and not narrowed:
            found.append(_unused(entry))
        lacking = [str(hop) for hop in made.hops if _lacks(entry, str(hop), steps)]
        found += [_no_hop(entry, hop) for hop in lacking]
        found += _review(entry, [s for s in steps if str(s.target) not in lacking], cloud)
    return tuple(dict.fromkeys(found))


def _unused(entry: Entry) -> Finding:
    match = ", ".join(f"{key} = {' or '.join(globs)}" for key, globs in entry.binding.match.items()) or "{}"
    return Finding(
        code="strategy.unused",
        severity="warning",
        subject=entry.binding.id,
        message=f"{entry.place}: no step of this plan is for it; its match is {match}",
        resolution="see the names in `stairlift discover`, and whether an entry before it takes everything",
    )


def _lacks(entry: Entry, hop: str, steps: Sequence[Step]) -> bool:
    return entry.per_hop and hop not in entry.hops and any(str(s.target) == hop for s in steps)


def _no_hop(entry: Entry, hop: str) -> Finding:
    return Finding(
        code="hop.missing",
        severity="error",
        subject=hop,
        message=f"{entry.place}: nothing says which {entry.binding.use} leads to {hop}",
        resolution=f'add to stairlift.toml: [[hop]] to = "{hop}" command = [...] inventory = "..." config_dir = "..."',
    )


def _review(entry: Entry, steps: Sequence[Step], cloud: Cloud) -> Sequence[Finding]:
    """What the strategy itself says of its steps. It may be anybody's code: what it raises is told, too."""
    if not steps or not isinstance(entry.strategy, StepReviewer):
        return ()
    try:
        found = tuple(entry.strategy.review(steps, cloud))
    except UsageError as wrong:
        raise placed(wrong, entry.place) from wrong
    except (Exception, SystemExit) as wrong:  # noqa: BLE001
        return (_broken(entry, f"{type(wrong).__name__}: {wrong}"),)
    strange = next((thing for thing in found if not isinstance(thing, Finding)), None)
    if strange is not None:
        return (_broken(entry, f"{strange!r:.80} is no finding"),)
    return tuple(one if _says_where(one) else replace(one, message=f"{entry.place}: {one.message}") for one in found)


def _says_where(found: Finding) -> bool:
    """A finding about a `[[hop]]` names that; it is the same for every entry that goes by it."""
    return ", [[hop]] to = " in found.message.partition(": ")[0]


def _broken(entry: Entry, why: str) -> Finding:
    return Finding(
        code="strategy.broken",
        severity="error",
        subject=entry.binding.id,
        message=f"{entry.place}: the strategy {entry.binding.use!r} could not review its steps: {why}",
        resolution=f"repair the package that brings {entry.binding.use!r}, or use another strategy",
    )


def placed(wrong: UsageError, place: str) -> UsageError:
    """The same error, naming the entry that it came of."""
    return UsageError(
        code=wrong.code, brief=f"{place}: {wrong.brief}", details=wrong.details, resolution=wrong.resolution
    )
