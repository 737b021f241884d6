"""A plan as a tree that is read in a minute, whatever the number of hosts: stages, groups, counts, marks."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from stairlift.knowledge.releases import describe
from stairlift.model.plan import DATABASE_ACTIONS, Plan, Stage, Step
from stairlift.model.release import Release
from stairlift.report.text import count, duration, span

#: How people are told what leads back from a step (Contract).
MARKS = {"no-return": "ONE-WAY", "parking": "safe to stop here", "undo": "can be undone"}
#: Stages in which hosts stand side by side: those that are treated alike are one line wherever they stand.
_SIDE_BY_SIDE: frozenset[Stage] = frozenset({"prepare", "network", "compute"})
#: More lines than this in a stage nobody reads.
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree and what hangs on it. `one_way` and `why` are for doors to colour; the words say it too."""

    text: str
    children: tuple["Branch", ...] = ()
    one_way: bool = False
    why: bool = False


def plan_tree(plan: Plan) -> Branch:
    """The whole plan; the root tells way, size and hash."""
    hosts = {host for step in plan.steps for host in step.hosts}
    way = f"{plan.cloud}: {describe(plan.source)} -> {describe(plan.target)}"
    size = f"{count(len(plan.steps), 'step')} on {count(len(hosts), 'host')}"
    return Branch(f"{way}, {size}", (*_around(plan), *(_hop(plan, hop) for hop in plan.hops)))


def _around(plan: Plan) -> tuple[Branch, ...]:
    """What is done before the first step that changes anything, and undone whenever the run rests."""
    if not plan.around:
        return ()
    lines = (f"{one.name}: {shlex.join(one.begin)}, then {shlex.join(one.end)}" for one in plan.around)
    return (Branch("around the run, whenever it is not at rest", tuple(Branch(line) for line in lines)),)


def _hop(plan: Plan, hop: Release) -> Branch:
    steps = [s for s in plan.steps if s.target == hop]
    stages = groupby(steps, key=lambda s: s.stage)
    return Branch(f"hop to {describe(hop)}", tuple(_stage(plan, stage, list(group)) for stage, group in stages))


def _stage(plan: Plan, stage: str, steps: Sequence[Step]) -> Branch:
    hosts = _hosts(steps)
    head = f"{stage}: {count(len(steps), 'step')} on {count(len(hosts), 'host')}"
    groups = [_group(plan, group) for group in _alike(steps)]
    return Branch(head, (*groups[:_SHOWN], *_omitted(groups)), one_way=all(s.one_way for s in steps))


def _omitted(groups: Sequence[Branch]) -> list[Branch]:
    left = len(groups) - _SHOWN
    return [Branch(f"... and {count(left, 'more kind')} of steps; -o json has all")] if left > 0 else []


def _alike(steps: Sequence[Step]) -> Iterable[Sequence[Step]]:
    """Steps that differ in nothing but project, host or batch; where the order tells something, in one go.

    What a person has to approve comes between what is before and behind it.
    """
    if steps[0].stage in _SIDE_BY_SIDE:
        kinds: dict[object, list[Step]] = {}
        approvals = 0
        for step in steps:
            approvals += step.action == "approve"
            kinds.setdefault((approvals, _kind(step)), []).append(step)
        return kinds.values()
    return [list(group) for _, group in groupby(steps, key=_kind)]


def _kind(step: Step) -> object:
    """Database steps of all projects read as one line; so do hosts with the same services."""
    same = () if step.action in DATABASE_ACTIONS else (step.services, step.reason)
    return (step.action, step.reversibility, step.strategy, step.queue, step.deadline, same)


def _group(plan: Plan, steps: Sequence[Step]) -> Branch:
    one = steps[0]
    what = _databases(steps) if one.action in DATABASE_ACTIONS else ", ".join(one.services)
    where = f"{what} on {_where(steps)}" if one.hosts else "what follows"
    words = [f"{one.action} {where}", *_pace(plan, steps), *_bounds(one)]
    strategy = "a person" if one.action == "approve" else one.strategy or "NO STRATEGY"
    text = f"{', '.join(words)} [{strategy}] {MARKS[one.reversibility]}"
    why = "why" if len({s.reason for s in steps}) == 1 else "why, of the first"
    return Branch(text, (Branch(f"{why}: {one.reason}", why=True),), one_way=one.one_way)


def _databases(steps: Sequence[Step]) -> str:
    return "of " + ", ".join(dict.fromkeys(s.project or "?" for s in steps))


def _where(steps: Sequence[Step]) -> str:
    hosts = _hosts(steps)
    return span(hosts) if len(hosts) == 1 else f"{count(len(hosts), 'host')} ({span(hosts)})"


def _pace(plan: Plan, steps: Sequence[Step]) -> list[str]:
    hosts = _hosts(steps)
    if len(hosts) < 2 or not steps[0].slots:  # one host has no pace
        return []
    room = min(plan.windows.get(key, 1) for key in steps[0].slots)
    return ["one at a time" if room == 1 else f"at most {room} at a time"]


def _bounds(step: Step) -> list[str]:
    """What the policy and the queues say of steps of this kind, where they say anything."""
    queue = [f"by workers of queue {step.queue}"] if step.queue else []
    return queue if step.deadline is None else [*queue, f"ended after {duration(timedelta(seconds=step.deadline))}"]


def _hosts(steps: Iterable[Step]) -> list[str]:
    return list(dict.fromkeys(host for step in steps for host in step.hosts))


def as_lines(branch: Branch) -> tuple[str, ...]:
    """The tree in plain characters, line by line."""
    return (branch.text, *_lines(branch.children, ""))


def _lines(branches: Sequence[Branch], indent: str) -> Iterable[str]:
    for n, branch in enumerate(branches):
        last = n == len(branches) - 1
        yield f"{indent}{'└─ ' if last else '├─ '}{branch.text}"
        yield from _lines(branch.children, indent + ("   " if last else "│  "))
