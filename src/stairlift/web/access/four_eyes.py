"""Four eyes, where the settings want them: who planned an upgrade, or began it, does not approve it as well.

It holds for what comes through the server. Who may log in where the journal is can type `stairlift approve`.
"""

import logging
from collections.abc import Mapping

from stairlift.model.access import Caller
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import Run
from stairlift.web.access import refused
from stairlift.wiring.server.house import House
from stairlift.wiring.server.steering import Sight, Word

_log = logging.getLogger(__name__)


def may_approve(house: House, caller: Caller, run: Run) -> StairliftError | None:
    """None where the caller may approve the plan, a gate or a one-way step of this run; else what to say.

    access.forbidden without the right, access.four_eyes where the caller made the plan or began the run.
    """
    return _refused(house, caller, run.plan_hash, {"began this run": run.actor})


def may_approve_at_once(house: House, caller: Caller, plan_hash: str) -> StairliftError | None:
    """The same for whoever is about to begin a run of this plan and approves it, or all of it, in the same breath."""
    return _refused(house, caller, plan_hash, {"begins this run": caller.name})


def demand_approver(house: House, caller: Caller, run: Run, *, word: Word, by: Sight) -> None:
    """Raises what `may_approve` says. Who had the right and was kept from it goes on record with the run, too."""
    refused = may_approve(house, caller, run)
    if refused is None:
        return
    _note(caller, f"in run {run.id}", refused)
    if refused.code == "access.four_eyes":
        house.steering.bar(run, word, by, refused)
    raise refused


def demand_approver_at_once(house: House, caller: Caller, plan_hash: str) -> None:
    """Raises what `may_approve_at_once` says; there is no run yet that could have it on record."""
    refused = may_approve_at_once(house, caller, plan_hash)
    if refused is not None:
        _note(caller, f"a run of {plan_hash}", refused)
        raise refused


def _note(caller: Caller, what: str, error: StairliftError) -> None:
    """Put into the server's log that somebody tried."""
    _log.warning("%s may not approve %s: %s", caller.name, what, error.brief)


def _refused(house: House, caller: Caller, plan_hash: str, did: Mapping[str, str]) -> StairliftError | None:
    if not caller.may("approve"):
        return refused.forbidden("approve")
    if not house.settings.serve.four_eyes:
        return None
    of_whom = {"made this plan": _planner(house, plan_hash), **did}
    done = [what for what, who in of_whom.items() if who.casefold() == caller.name.casefold()]
    return _same_eyes(caller, done) if done else None


def _planner(house: House, plan_hash: str) -> str:
    """Who made a plan on this server; nobody where it was made elsewhere."""
    try:
        return house.library.kept(plan_hash).actor
    except UsageError:
        return ""


def _same_eyes(caller: Caller, done: list[str]) -> Refusal:
    return Refusal(
        code="access.four_eyes",
        brief=f"somebody else has to approve: {caller.name} {' and '.join(done)}",
        details="this server wants four eyes on every upgrade ([serve] four_eyes)",
        resolution="Ask somebody else who has the right to approve.",
    )
