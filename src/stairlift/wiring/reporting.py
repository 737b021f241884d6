"""Reports on changes, from what is on record: before a run from its plan, after it from the whole of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, get_args

import orjson

from stairlift.model.errors import StairliftError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.model.run import Run
from stairlift.model.shelf import KeptPlan
from stairlift.ports import Records
from stairlift.report.announcement import Contact, Occasion, Occurrence, announced
from stairlift.report.change import Proposal, before
from stairlift.report.change_after import Account
from stairlift.report.estimates import Course, Estimate, History, estimate, history, known, seconds
from stairlift.report.expected import MOST
from stairlift.report.paper import Paper
from stairlift.report.paper_html import page
from stairlift.report.paper_words import markdown, report_document
from stairlift.run.rehearsing import play
from stairlift.run.transitions import RUN_MOVES
from stairlift.wiring.clock import now
from stairlift.wiring.files import write_whole
from stairlift.wiring.measured import availability_of

Form = Literal["md", "html", "json"]
FORMS: tuple[Form, ...] = get_args(Form)
#: The events that a report tells of.
_TOLD = frozenset({*RUN_MOVES.values(), "run.created", "step.skipped", "step.approved", "step.carried"})


def past_of(cloud: str, records: Records, run: Run | None = None) -> History:
    """What is on record of a cloud of how long steps take.

    Of its `run` what could be known before that began: what it took itself is no estimate of it.
    """
    return history(records.lengths(cloud, MOST, run.created_at if run else None))


def estimated(plan: Plan, past: History) -> Estimate:
    """How long a plan may take, by what is on record of its cloud, with its own windows and order."""
    found = known(plan, past)
    usual, careful = seconds(found, "p50"), seconds(found, "p90")
    course = _course(plan, usual)
    return estimate(plan, found, (course, course if careful == usual else _course(plan, careful)))


def _course(plan: Plan, lengths: Mapping[str, float]) -> Course:
    return {step: (one.begin, one.end) for step, one in play(plan, lengths).items()} if lengths else {}


def report_of_plan(plan: Plan, records: Records, kept: KeptPlan | None = None) -> Paper:
    """The report before a run; `kept` says who made the plan, where that is on record."""
    return before(_proposal(plan, estimated(plan, past_of(plan.cloud, records)), kept))


def _proposal(plan: Plan, estimate: Estimate, kept: KeptPlan | None) -> Proposal:
    made_by, made_at = (kept.actor, kept.made_at) if kept else ("", None)
    return Proposal(plan, now(), estimate, made_by, made_at)


def account_of(
    run: Run,
    records: Records,
    state_dir: Path,
    kept: KeptPlan | None = None,
    decided: tuple[Plan, Estimate] | None = None,
) -> Account:
    """All that is on record about a run, as far as a report tells it.

    `decided` is its plan, and how long that was thought to take, for who knows them.
    """
    plan, thought = decided or _decided(run, records)
    return Account(
        run=run,
        proposal=_proposal(plan, thought, kept),
        steps=records.steps(run.id),
        attempts=records.attempts(run.id),
        commands=records.commands(run.id),
        events=records.events(run.id, kinds=_TOLD),
        effects=records.effects(run.id),
        availability=availability_of(run, records, state_dir),
    )


def _decided(run: Run, records: Records) -> tuple[Plan, Estimate]:
    plan = from_document({**records.plan_head(run.id), "steps": records.each_plan_step(run.id)})
    return plan, estimated(plan, past_of(plan.cloud, records, run))


_RENDERED: Mapping[Form, Callable[[Paper], bytes]] = {
    "md": lambda paper: markdown(paper).encode(),
    "html": lambda paper: page(paper).encode(),
    "json": lambda paper: orjson.dumps(report_document(paper), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
}


def rendered(paper: Paper, form: Form) -> bytes:
    """The report as a file's content."""
    return _RENDERED[form](paper)


def write_report(text: bytes, path: Path) -> None:
    """Write it, whole or not at all. Raises StairliftError (report.unwritable)."""
    try:
        write_whole(path, text)
    except OSError as wrong:
        raise StairliftError(
            code="report.unwritable",
            brief=f"{path} cannot be written: {wrong.strerror}",
            resolution="name another --out, or make room there",
        ) from wrong


def announcement(occasion: Occasion, run: Run, records: Records, state_dir: Path, contact: Contact) -> str:
    """What the users of a cloud are told when a run begins, or when it has come to rest."""
    plan, thought = _decided(run, records)
    felt = availability_of(run, records, state_dir) if occasion == "end" else None
    return announced(occasion, Occurrence(plan, thought, run, felt), contact)


def announcement_of_plan(plan: Plan, records: Records, contact: Contact) -> str:
    """What they are told before there is a run."""
    return announced("start", Occurrence(plan, estimated(plan, past_of(plan.cloud, records))), contact)
