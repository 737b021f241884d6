"""`/plans`: make a plan, read it, compare it, approve and begin it; `/runs/{run}/plan` is the one that runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from stairlift.knowledge.releases import all_series
from stairlift.model.errors import UsageError
from stairlift.model.job import JobKind
from stairlift.model.plan import STAGES, Plan
from stairlift.model.plan_document import from_document
from stairlift.model.shelf import KeptPlan
from stairlift.plan.difference import difference
from stairlift.report.choices import match
from stairlift.report.plan_difference import DriftLine, difference_lines
from stairlift.report.plan_page import STEPS, Sheet, rows, sheet
from stairlift.web.access.four_eyes import demand_approver_at_once, may_approve, may_approve_at_once
from stairlift.web.pages.drawing import draw
from stairlift.web.pages.visits import Operating, Reading, Visit
from stairlift.wiring.planning import Wishes
from stairlift.wiring.server.asking import Sources
from stairlift.wiring.server.beginnings import Beginning, begin
from stairlift.wiring.server.commissions import make
from stairlift.wiring.server.house import House
from stairlift.wiring.server.jobs import Work

router = APIRouter(include_in_schema=False)
#: So many plans are on a page.
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """What was wished for before and came to nothing: the form shows it once more, to be put right."""

    to: str = ""
    source: str = ""
    os_cloud: str = ""
    hosts: str = ""
    exclude: str = ""
    waive: str = ""
    stages: Annotated[tuple[str, ...], Query()] = ()

    @property
    def more(self) -> bool:
        """Whether something of it is in the part of the form that is folded away."""
        return bool(self.os_cloud or self.hosts or self.exclude or self.waive or self.stages)

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """The same as fields of a form."""
        given = {key: (value,) if isinstance(value, str) else value for key, value in asdict(self).items()}
        return [(key, value) for key, values in given.items() for value in values if value]

    @property
    def query(self) -> str:
        """The same, for an address."""
        return urlencode(self.pairs)


@router.get("/plans")
def plans(visit: Reading, tried: Annotated[Tried, Depends()], cloud: str = "", before: str = "") -> Response:
    """Those that were made, the newest first, and a form for the next."""
    found = visit.house.library.plans(cloud=cloud or None, before=before or None, limit=_SHOWN + 1)
    series = tuple(reversed(all_series()))
    return draw(
        visit.request,
        "plans.html",
        caller=visit.caller,
        plans=found[:_SHOWN],
        more=found[_SHOWN - 1].hash if len(found) > _SHOWN else "",
        cloud=cloud,
        tried=tried if tried.to else replace(tried, to=str(next(one for one in series if not one.planned).release)),
        series=series,
        stages=STAGES,
    )


class Wished(BaseModel):
    """The form for a plan; what takes several has blanks between them."""

    to: str = Field(max_length=40)
    source: str = Field("", max_length=40)
    os_cloud: str = Field("", max_length=200)
    hosts: str = Field("", max_length=5000)
    exclude: str = Field("", max_length=5000)
    waive: str = Field("", max_length=5000)
    stages: list[str] = []


@router.post("/plans")
def make_one(visit: Operating, wished: Annotated[Wished, Form()]) -> Response:
    """Have a plan made; what comes of it is on the page of the job. Raises as `commissions.make` does."""
    wishes = Wishes(
        to=wished.to,
        source=wished.source.strip() or None,
        stages=wished.stages,
        hosts=wished.hosts.split(),
        exclude=wished.exclude.split(),
        waive=wished.waive.split(),
    )
    work = make(visit.house, Sources(wished.os_cloud.strip() or None), wishes, visit.caller.name)
    tried = Tried(**{**wished.model_dump(), "stages": tuple(wished.stages)})
    return _followed(visit, "plan", work, f"?{tried.query}")


def _followed(visit: Visit, kind: JobKind, work: Work, query: str = "") -> Response:
    """On to the page of the job; its address keeps what was wished for."""
    job = visit.house.jobs.begin(kind, visit.caller.name, work)
    return RedirectResponse(f"/jobs/{job.id}{query}", 303)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which steps of a plan are to be shown one by one, and which plan it is held against; each may be empty."""

    hop: str = ""
    stage: str = ""
    host: str = ""
    other: Annotated[str, Query(alias="with")] = ""
    page: int = 1


Wanted = Annotated[Asked, Depends()]


@router.get("/plans/{plan_hash}")
def plan_page(plan_hash: str, visit: Reading, asked: Wanted) -> Response:
    """A plan that is kept, with what is needed to begin it."""

    def read() -> tuple[KeptPlan, Sheet]:
        kept, document = visit.house.library.plan(plan_hash)
        return kept, sheet(from_document(document))

    kept, found = visit.memory.sheets.get(f"kept {plan_hash}", read)
    runs = tuple(run for run in visit.store.runs(kept.cloud) if run.plan_hash == kept.hash)
    barred = may_approve_at_once(visit.house, visit.caller, kept.hash)
    given = {"kept": kept, "runs": runs, "run": None, "choices": None, "ask_match": ""}
    return _drawn(visit, found, asked, {**given, "barred": barred.brief if barred else ""})


@router.get("/runs/{run_id}/plan")
def plan_of_run(run_id: str, visit: Reading, asked: Wanted) -> Response:
    """The plan that a run carries out, to be approved where it waits for that."""
    run, steering = visit.store.run(run_id), visit.house.steering
    shown = visit.memory.sheets.get(f"run {run.plan_hash}", lambda: sheet(steering.overviews.plan(run)))
    found, barred = steering.choices_of_plan(run), may_approve(visit.house, visit.caller, run)
    given = {"kept": None, "runs": (), "run": run, "choices": found, "ask_match": match(found, run.plan_hash)}
    return _drawn(visit, shown, asked, {**given, "barred": barred.brief if barred else ""})


def _drawn(visit: Visit, shown_sheet: Sheet, asked: Asked, given: Mapping[str, Any]) -> Response:
    plan = shown_sheet.plan
    page = max(1, asked.page)
    wants_steps = bool(asked.hop or asked.stage or asked.host)
    shown, total = rows(plan, asked.hop, asked.stage, asked.host, page=page) if wants_steps else ((), 0)
    query = {"hop": asked.hop, "stage": asked.stage, "host": asked.host}
    return draw(
        visit.request,
        "plan.html",
        caller=visit.caller,
        sheet=shown_sheet,
        asked=asked,
        rows=shown,
        total=total,
        page=page,
        first=(page - 1) * STEPS,
        more=total > page * STEPS,
        query=urlencode({key: value for key, value in query.items() if value}),
        other=asked.other,
        lines=_against(visit.house, asked.other, plan) if asked.other else (),
        others=visit.house.library.plans(cloud=plan.cloud, limit=20),
        **given,
    )


def _against(house: House, other: str, plan: Plan) -> tuple[DriftLine, ...]:
    """What this plan does otherwise than another one. Raises UsageError (plan.unknown)."""
    before = from_document(house.library.plan(other)[1])
    return difference_lines(difference(before, plan, (), ()))


class Begun(BaseModel):
    """The form that begins a run. `approve` is "plan", "all" for every gate besides, or "" to be asked later."""

    approve: Literal["", "plan", "all"] = ""
    cloud: str = Field("", max_length=2000)
    again: bool = False
    stages: list[str] = []
    stop_after: str = Field("", max_length=20)


@router.post("/plans/{plan_hash}/runs")
def begin_one(plan_hash: str, visit: Operating, begun: Annotated[Begun, Form()]) -> Response:
    """Begin a run of this plan. Whoever approves it types the cloud's name, as at a terminal."""
    if begun.approve:
        demand_approver_at_once(visit.house, visit.caller, plan_hash)
        demand_name(begun.cloud, visit.house.library.plan(plan_hash)[0].cloud)
    wanted = Beginning(
        plan=plan_hash,
        actor=visit.caller.name,
        approve=bool(begun.approve),
        yes=begun.approve == "all",
        again=begun.again,
        stages=begun.stages,
        stop_after=begun.stop_after,
    )
    return _followed(visit, "run", begin(visit.house, wanted))


def demand_name(typed: str, cloud: str) -> None:
    """Whoever approves a plan types the name of its cloud. UsageError (plan.other_cloud)."""
    if typed.strip() == cloud:
        return
    raise UsageError(
        code="plan.other_cloud",
        brief=f"the plan is for the cloud {cloud}, and {typed.strip() or 'nothing'} was typed",
        resolution="Nothing was approved. Go back, read which cloud it is for, and type its name.",
    )
