"""Reports as a server gives them: with who made a plan, where it was made there."""

from stairlift.model.errors import UsageError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.model.run import Run
from stairlift.model.shelf import KeptPlan
from stairlift.report.announcement import Contact, Occasion
from stairlift.report.change_after import after
from stairlift.report.paper import Paper
from stairlift.wiring.reporting import account_of, announcement, announcement_of_plan, report_of_plan
from stairlift.wiring.server.house import House


def paper_of_run(house: House, run: Run) -> Paper:
    """The report on a run as it stands."""
    kept, decided = _kept(house, run.plan_hash), (house.overviews.plan(run), house.overviews.estimate(run))
    return after(account_of(run, house.office.store, house.office.state_dir, kept, decided))


def paper_of_plan(house: House, plan_hash: str) -> Paper:
    """The report on a plan before it is run. Raises UsageError (plan.unknown)."""
    plan, kept = _found(house, plan_hash)
    return report_of_plan(plan, house.office.store, kept)


def announcement_of_run(house: House, run: Run, occasion: Occasion) -> str:
    """What users are told when a run begins, or when it has come to rest."""
    return announcement(occasion, run, house.office.store, house.office.state_dir, _contact(house))


def announcement_before(house: House, plan_hash: str) -> str:
    """What they are told before there is a run. Raises UsageError (plan.unknown)."""
    return announcement_of_plan(_found(house, plan_hash)[0], house.office.store, _contact(house))


def _found(house: House, plan_hash: str) -> tuple[Plan, KeptPlan]:
    kept, document = house.library.plan(plan_hash)
    return from_document(document), kept


def _kept(house: House, plan_hash: str) -> KeptPlan | None:
    """What is on the shelf about a plan; one that was made elsewhere is not there."""
    try:
        return house.library.plan(plan_hash)[0]
    except UsageError:
        return None


def _contact(house: House) -> Contact:
    return house.settings.announce or Contact()
