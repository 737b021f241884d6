"""What can be told to a run now: asked of the very judgements that `commands.tell` asks when somebody tells it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stairlift.model.choice import Ask, Choice, Choices, Need, Verb
from stairlift.model.errors import Refusal
from stairlift.model.plan import STAGES, Plan, Step
from stairlift.model.plan_document import from_document, step_from_document
from stairlift.model.run import Command, CommandKind, Event, Orchestrator, Run, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.ports import Records
from stairlift.run.commands import (
    COVERS_PLAN,
    ComeTrue,
    covers,
    plan_refusal,
    resume_refusal,
    run_judgement,
    stage_refusal,
    step_judgement,
)
from stairlift.run.transitions import COMMANDS
from stairlift.run.undoing import rollback_refusal, superseded

#: A step in one of these wants a word from somebody.
WANTING = frozenset({StepState.FAILED, StepState.UNKNOWN, StepState.RETRYING, StepState.UNDO_FAILED, StepState.WAITING})
#: So many of them are offered, the first of the plan; the others can be told all the same.
MOST = 1000
#: The event of a step that waits for approval: it has what was found before.
_ASKED = "step.waiting"
#: The plan of a run and where its steps stand, as far as it matters for what the run as a whole can be told.
Outline = Callable[[Run], tuple[Plan, Sequence[StepStatus]]]


@dataclass(frozen=True, slots=True)
class _Here:
    """A run, and what is on record beside it."""

    records: Records
    run: Run
    holder: Orchestrator | None
    unsettled: Sequence[Command]
    outline: Outline

    def told(self, kind: CommandKind, step: str = "", *, now: bool = False) -> Command | None:
        """The newest one of its kind that nobody has acted on."""
        same = (c for c in reversed(self.unsettled) if (c.kind, c.step) == (kind, step))
        return next((c for c in same if bool(c.details.get("now")) == now), None)


def choices(records: Records, run: Run, outline: Outline | None = None) -> Choices:
    """What can be told to a run, as it is on record. Raises StairliftError (store.*).

    `outline` is for who knows a cheaper way to the plan and its steps than to read them whole.
    """
    told = records.commands(run.id)
    here = _here(records, run, told, outline)
    wanting = records.steps(run.id, states=WANTING, most=MOST)
    steps = {step["id"]: step_from_document(step) for step in records.plan_steps(run.id, [s.id for s in wanting])}
    return Choices(
        run,
        (*_about_run(here), *_about_steps(here, wanting, steps)),
        (*_plan(here), *_approvals(here, wanting, steps)),
        told,
    )


def choices_of_plan(records: Records, run: Run) -> Choices:
    """Of these what can be told about the plan: that takes none of its steps. Raises StairliftError (store.*)."""
    told = records.commands(run.id)
    return Choices(run, (), tuple(_plan(_here(records, run, told))), told)


def _here(records: Records, run: Run, told: Sequence[Command], outline: Outline | None = None) -> _Here:
    whole = outline or (lambda run: (from_document(records.plan(run.id)), records.steps(run.id)))
    unsettled = tuple(command for command in told if command.result is None)
    return _Here(records, run, records.orchestrator(run.cloud), unsettled, whole)


def _about_run(here: _Here) -> Iterator[Choice]:
    run = here.run
    yield Choice("pause", why_not=_words(run_judgement("pause", run)), told=here.told("pause"))
    yield _stop_after(here)
    yield Choice("resume", why_not=_words(resume_refusal(run, here.holder)))
    for now in (False, True):
        yield Choice("cancel", now=now, why_not=_words(run_judgement("cancel", run)), told=here.told("cancel", now=now))
    yield Choice("rollback", why_not=_words(_rollback(here)), told=here.told("rollback"))


def _stop_after(here: _Here) -> Choice:
    met = run_judgement("stop-after", here.run)
    told, needs = here.told("stop-after"), _needs("stop-after")
    if met is not None:
        return Choice("stop-after", why_not=_words(met), needs=needs, told=told)
    plan, statuses = here.outline(here.run)
    against = {stage: stage_refusal(stage, here.run, plan, statuses) for stage in STAGES}
    free = tuple(stage for stage, refused in against.items() if refused is None)
    why_not = "" if free else _words(against[STAGES[-1]])
    return Choice("stop-after", why_not=why_not, needs=needs, stages=free, told=told)


def _rollback(here: _Here) -> Refusal | ComeTrue | None:
    run = here.run
    met = run_judgement("rollback", run) or superseded(run, here.records.runs(run.cloud))
    return met or rollback_refusal(*_outlined(here))


def _outlined(here: _Here) -> tuple[Plan, Run, Sequence[StepStatus]]:
    plan, statuses = here.outline(here.run)
    return plan, here.run, statuses


def _about_steps(here: _Here, wanting: Sequence[StepStatus], steps: Mapping[str, Step]) -> Iterator[Choice]:
    kinds: tuple[CommandKind, ...] = ("retry", "skip")
    for status in wanting:
        for kind in kinds:
            if status.state in COMMANDS[kind]:
                met = step_judgement(kind, steps[status.id], status, here.run.state)
                yield Choice(kind, status.id, why_not=_words(met), needs=_needs(kind), told=here.told(kind, status.id))


def _plan(here: _Here) -> Iterator[Ask]:
    run = here.run
    if not Scope.of(run).approved:
        refused, told = plan_refusal("approve", run), here.told("approve", run.plan_hash)
        yield Ask(run.plan_hash, COVERS_PLAN, run.reason, why_not=_words(refused), told=told)


def _approvals(here: _Here, wanting: Sequence[StepStatus], steps: Mapping[str, Step]) -> Iterator[Ask]:
    waiting = [status for status in wanting if status.state is StepState.WAITING]
    found = _evidence(here.records.events(here.run.id, kinds={_ASKED})) if waiting else {}
    for status in waiting:
        step = steps[status.id]
        yield Ask(
            step=step.id,
            covers=covers(step),
            reason=step.reason,
            one_way=step.one_way,
            evidence=found.get(step.id, ()),
            why_not=_words(step_judgement("approve", step, status, here.run.state)),
            told=here.told("approve", step.id),
        )


def evidence(records: Records, run: Run, step: str) -> tuple[str, ...]:
    """What a look at the cloud found before this step was asked for, the last time."""
    return _evidence(records.events(run.id, step=step, kinds={_ASKED})).get(step, ())


def _evidence(asked: Iterable[Event]) -> dict[str, tuple[str, ...]]:
    """By step; the newest counts."""
    found = ((event.step or "", event.data.get("evidence", ())) for event in asked)
    return {step: tuple(map(str, told)) for step, told in found if told}


def _needs(verb: Verb) -> tuple[Need, ...]:
    return ("reason",) if verb == "skip" else ("stage",) if verb == "stop-after" else ()


def _words(met: Refusal | ComeTrue | None) -> str:
    """Why not, in a sentence; "" where nothing speaks against it."""
    return "" if met is None else met.brief if isinstance(met, Refusal) else met.words
