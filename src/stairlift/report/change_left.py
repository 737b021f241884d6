"""Of the report on a run: what is left to do, and what was not put back."""

from collections.abc import Iterable, Mapping, Sequence

from stairlift.model.effect import Effect
from stairlift.model.finding import in_order
from stairlift.model.plan import Plan, Step
from stairlift.model.run import FINAL_RUN_STATES, SETTLED, UNWELL, Run, RunState, StepState, StepStatus
from stairlift.report.ledger import restoring
from stairlift.report.paper import Section, Typed, Words, grid, listing, section, words
from stairlift.report.text import count, day, span

_COLUMNS = ("Effect", "State", "Since", "Step", "Note")
#: Of one kind so many findings are named.
_SHOWN = 3


def to_do(plan: Plan, run: Run, steps: Sequence[StepStatus], effects: Sequence[Effect]) -> Section:
    """What nobody has done yet, worst first, and what to type."""
    left = [status for status in steps if status.state not in SETTLED]
    back = run.state in (RunState.ROLLING_BACK, RunState.ROLLED_BACK)
    items = (
        *_unwell(left),
        *(() if back else _old(plan, [status for status in steps if status.state is not StepState.DONE])),
        *(() if back else _closing(plan, left)),
        *_effects(effects),
        *_findings(plan),
    )
    said = None if items else Words("Nothing that is on record here.")
    return section("left", "What is left to do", said, listing(items), _typed(run, left, effects))


def _unwell(left: Iterable[StepStatus]) -> list[str]:
    return [f"{status.id} is {status.state}: {status.reason}" for status in left if status.state in UNWELL]


def _old(plan: Plan, left: Sequence[StepStatus]) -> list[str]:
    """Services that the run has not upgraded: they run the release from which they came."""
    by_id = {step.id: step for step in plan.steps}
    old: dict[tuple[str, str], list[str]] = {}
    for step in (by_id[status.id] for status in left):
        for name, host in plan.parts(step) if step.action == "upgrade" else ():
            old.setdefault((str(step.target), name), []).append(host)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (hop, name), hosts in old.items():
        together.setdefault((hop, tuple(hosts)), []).append(name)
    return [f"not upgraded to {hop} on {_on(hosts)}: {', '.join(names)}" for (hop, hosts), names in together.items()]


def _on(hosts: Sequence[str]) -> str:
    return f"{count(len(hosts), 'host')} ({span(hosts)})"


def _closing(plan: Plan, left: Sequence[StepStatus]) -> list[str]:
    """What closes a hop: as long as it is open, services keep the old one's messages or schema."""
    by_id = {step.id: step for step in plan.steps}
    words_of: Mapping[str, str] = {
        "unpin": "still speaks the old release's version to its like",
        "db-migrate": "has data in the form of the old release",
        "db-contract": "keeps what only the old release's code needs in its schema",
    }
    found: dict[tuple[str, str], None] = {}
    for step in (by_id[status.id] for status in left):
        if step.action in words_of:
            found[_named(step), words_of[step.action]] = None
    return [f"{name} {what}" for name, what in found]


def _named(step: Step) -> str:
    return step.project or span(step.services)


def _effects(effects: Sequence[Effect]) -> list[str]:
    open_ones = [effect for effect in effects if effect.open]
    return [f"{count(len(open_ones), 'side effect')} not put back, see below"] if open_ones else []


def _findings(plan: Plan) -> list[str]:
    """What was found when the plan was made, and refuses or warns: nobody has looked since."""
    kinds: dict[str, list[str]] = {}
    for finding in in_order(plan.findings):
        if finding.severity != "info":
            kinds.setdefault(finding.code, []).append(finding.subject)
    still = "stairlift check says whether it still is so"
    return [f"{code} was found about {_few(mine)} when the plan was made: {still}" for code, mine in kinds.items()]


def _few(subjects: Sequence[str]) -> str:
    more = f" and {len(subjects) - _SHOWN} more" if len(subjects) > _SHOWN else ""
    return ", ".join(subjects[:_SHOWN]) + more


def _typed(run: Run, left: Sequence[StepStatus], effects: Sequence[Effect]) -> Typed | None:
    """What to type next, where something is to be typed."""
    if run.state in FINAL_RUN_STATES:
        return Typed(tuple(restoring(run, e) for e in effects if e.open)) if any(e.open for e in effects) else None
    told = [f"stairlift {_word(status)} {run.id} {status.id}" for status in left if _word(status)]
    rests = run.state in (RunState.FAILED, RunState.PAUSED, RunState.WAITING, RunState.PENDING)
    lines = (*told, *([f"stairlift resume {run.id}"] if rests else []))
    return Typed(lines) if lines else None


def _word(status: StepStatus) -> str:
    """What a step wants to be told; empty where it wants nothing."""
    return "retry" if status.state in UNWELL else "approve" if status.state is StepState.WAITING else ""


def left_over(effects: Sequence[Effect]) -> Section:
    """Side effects that are still there; what the run made and put back is only counted."""
    open_ones = [effect for effect in effects if effect.open]
    made = sum(effect.state != "foreign" for effect in effects)
    said = (
        f"{count(made, 'side effect')} on record, {len(open_ones)} of them not put back."
        if effects
        else "It made no side effects."
    )
    rows = [(e.id, e.state, day(e.at), e.step, e.note) for e in open_ones]
    return section("effects", "Side effects", words(said), grid(_COLUMNS, rows))
