"""Of the report on a change: its course, where it may rest, what cannot be taken back, how long it takes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from stairlift.model.plan import Plan, Stage, Step
from stairlift.report.estimates import Estimate, Known, Length, Place
from stairlift.report.paper import Section, grid, listing, section, words
from stairlift.report.plan_tree import MARKS
from stairlift.report.text import count, duration, span

#: What each stage is about.
_STAGES: Mapping[Stage, str] = {
    "prepare": "packages or images are fetched and the deployer checks; nothing that runs is changed",
    "infra": "database, message broker and load balancer",
    "ovn": "OVN's controllers and databases",
    "control": "schemas grow, then the services of the control plane",
    "network": "the agents of the network nodes",
    "compute": "nova-compute and the agents of the hypervisors",
    "finish": "schemas shrink, data are migrated, pins to the old release go",
}
#: What it means to rest once a stage is done.
_REST: Mapping[Stage, str] = {
    "prepare": "nothing has been changed yet",
    "infra": "the new database, broker or load balancer serves the old release",
    "ovn": "the new OVN serves the old release",
    "control": "the control plane is new, the agents are old: they work together",
    "network": "hypervisors are old, all else is new: they work together",
    "compute": "every service is new; what closes the hop can wait",
    "finish": "the hop is complete",
}


def stages(plan: Plan) -> Iterable[tuple[Place, list[Step]]]:
    """The steps of each stage of each hop, in order."""
    for hop in plan.hops:
        mine = [step for step in plan.steps if step.target == hop]
        for stage, group in groupby(mine, key=lambda step: step.stage):
            yield (str(hop), stage), list(group)


def course(plan: Plan, estimate: Estimate) -> Section:
    """What is done in which order, stage by stage."""
    rows = [_stage_row(plan, place, steps, estimate) for place, steps in stages(plan)]
    columns = ("Hop", "Stage", "What", "Steps", "Hosts", "At once", "p50", "p90")
    around = [
        f"around the run: {one.name} is begun before anything starts, and ended when it rests" for one in plan.around
    ]
    return section("course", "What is done, in which order", grid(columns, rows), listing(around), words(_care(plan)))


def _stage_row(plan: Plan, place: Place, steps: Sequence[Step], estimate: Estimate) -> tuple[str, ...]:
    hosts = {host for step in steps for host in step.hosts}
    hop, stage = place
    what = _STAGES[steps[0].stage]
    return (
        hop,
        stage,
        what,
        str(len(steps)),
        str(len(hosts)),
        _pace(plan, steps),
        *_lengths(estimate.stages.get(place)),
    )


def _pace(plan: Plan, steps: Sequence[Step]) -> str:
    """How many hosts are out at a time: of the widest and the narrowest step."""
    rooms = {min(plan.windows.get(key, 1) for key in step.slots) for step in steps if step.slots and step.hosts}
    if not rooms:
        return "one step after the other"
    least, most = min(rooms), max(rooms)
    return count(most, "host") if least == most else f"{least} to {count(most, 'host')}"


def _lengths(found: Length | None) -> tuple[str, str]:
    return (told(found.p50), told(found.p90)) if found else ("not known", "not known")


def told(seconds: float) -> str:
    """A length of time."""
    return duration(timedelta(seconds=seconds))


def _care(plan: Plan) -> str:
    """How the run treats failures."""
    spare = [f"{number} of {key.partition(':')[2]}" for key, number in sorted(plan.budgets.items()) if number]
    ends = {"stop": "the run stops and has failed", "pause": "it pauses", "ask": "it waits for a person's word"}
    after = f"more hosts than the failure budget ({', '.join(spare)})" if spare else "the first host"
    tries = f" What passes by itself is tried {count(plan.retries, 'more time')}." if plan.retries else ""
    budget = plan.policy.get("downtime_budget")
    limits = ", ".join(f"{api} {seconds:g}" for api, seconds in budget.items()) if budget else ""
    felt = f" It pauses once users have lost more than this (seconds; requests): {limits}." if limits else ""
    return f"Once {after} failed, {ends.get(plan.on_failure, plan.on_failure)}: nothing new starts.{tries}{felt}"


def one_way(plan: Plan) -> Section:
    """What nothing leads back from, and what that means."""
    groups: dict[tuple[str, str, str], list[Step]] = {}
    for step in (step for step in plan.steps if step.one_way):
        groups.setdefault((str(step.target), step.stage, step.action), []).append(step)
    rows = [
        (hop, stage, action, _about(steps), ", ".join(sorted({h for s in steps for h in s.hosts})), steps[0].reason)
        for (hop, stage, action), steps in groups.items()
    ]
    said = (
        "Nothing leads back from these: whoever wants the old release again restores the databases as they were "
        "before, and loses what was written since. Stairlift never does that by itself. Each waits for a person's "
        "approval."
        if rows
        else "There are none: every step can be undone, or may rest as it is."
    )
    columns = ("Hop", "Stage", "Action", "Of", "On", "Why")
    return section("one-way", "Steps that nothing leads back from", words(said), grid(columns, rows))


def _about(steps: Sequence[Step]) -> str:
    return ", ".join(dict.fromkeys(step.project or span(step.services) for step in steps))


def stops(plan: Plan) -> Section:
    """Where the run may rest for long, and where it may not."""
    rests = [f"after {stage} of the hop to {hop}: {_REST[steps[0].stage]}" for (hop, stage), steps in stages(plan)]
    down = [f.message for f in plan.findings if f.code == "plan.outage" and " is down from " in f.message]
    mixed = [f"{f.message}: {f.resolution}" for f in plan.findings if f.code == "order.mixed"]
    not_here = [f"not here: {text}" for text in (*down, *mixed)]
    planned = [f"it rests there by itself: [policy] stop_after = {plan.stop_after}"] if plan.stop_after else []
    return section(
        "stops",
        "Where it is safe to stop",
        words("A pause takes hold between steps: what is in flight comes to its end first, nothing is cut off."),
        listing([*rests, *planned]),
        listing(not_here),
    )


def back(plan: Plan) -> Section:
    """How to go back, as far as that is possible."""
    kinds = Counter(MARKS[step.reversibility] for step in plan.steps if step.action != "approve")
    undo = sum(1 for step in plan.steps if not step.one_way and _can_undo(plan, step))
    backups = [step for step in plan.steps if step.action == "backup"]
    said = [f"{count(number, 'step')}: {mark}" for mark in MARKS.values() if (number := kinds.get(mark, 0))]
    ways = (
        f"stairlift rollback takes back what was done, newest first: strategies vouch for {undo} of the steps."
        if undo
        else "No strategy of this plan vouches for taking a step back: who stops goes on later, or goes back by hand."
    )
    kept = (
        f"Copies are made first: {', '.join(step.id for step in backups)}."
        if backups
        else "No backup is a step of this plan: see that the databases were copied, and that a copy can be restored."
    )
    return section("back", "How to go back", listing(said), words(ways), words(kept))


def _can_undo(plan: Plan, step: Step) -> bool:
    binding = plan.binding(step)
    return binding is not None and binding.can_undo


def whole(estimate: Estimate) -> str:
    """How long all of it may take, in a line."""
    if estimate.whole:
        return f"{told(estimate.whole.p50)} (p50), {told(estimate.whole.p90)} (p90), without waiting for people"
    if not estimate.known.lengths:
        return "not known: no run of the like is on record"
    return f"not known: of {count(len(estimate.known.unknown), 'kind')} of steps none is on record"


def expected(plan: Plan, estimate: Estimate) -> Section:
    """How long it may take, and what that rests on."""
    by_hand = sum(step.action == "approve" for step in plan.steps)
    known = estimate.known
    missing = [f"{sort}: {count(number, 'step')}" for sort, number in known.unknown.items()] if known.lengths else []
    waits = [f.message for f in plan.findings if f.code == "plan.slow_stop"]
    ends = sorted({step.deadline for step in plan.steps if step.deadline is not None})
    limit = [f"no attempt may take longer than {told(ends[-1])}"] if ends and _all_bound(plan) else []
    gates = [f"{count(by_hand, 'gate')} for a person's word on the way"] if by_hand else []
    return section(
        "duration",
        "How long it is expected to take",
        words(f"{_capital(whole(estimate))}."),
        words(_basis(known)),
        listing([*(f"none on record of {text}" for text in missing), *_thin(known.thin), *waits, *limit, *gates]),
    )


def _basis(known: Known) -> str:
    """What it rests on."""
    if not known.lengths:
        return "Neither this plan nor one of the like was run on this cloud before, and no deployer tells beforehand."
    said = f"what the entries of stairlift.toml say of {count(known.said, 'step')}" if known.said else ""
    record = f"{count(known.of, 'step')} of the like that are on record" if known.of else ""
    return (
        f"From {', and '.join(filter(None, (record, said)))}, with the plan's own windows and order. p50: "
        "each step takes as long as the middle one of its like; p90: each as long as the longest of nine in ten. "
        "Approvals, pauses and repairs come on top."
    )


def _thin(kinds: int) -> list[str]:
    verb = "was" if kinds == 1 else "were"
    return [f"{count(kinds, 'kind')} of steps {verb} done less than three times before"] if kinds else []


def _all_bound(plan: Plan) -> bool:
    return all(step.deadline is not None for step in plan.steps if step.action != "approve")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
