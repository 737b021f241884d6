"""Plans that were made elsewhere and are brought to a server.

A plan holds the command lines that are run for each of its steps, and checksums that anybody can compute: whoever may
bring one may have the server's user run anything. So this is off unless the operator says otherwise; a plan that the
server makes itself is made of its own stairlift.toml, and needs no such trust.
"""

from stairlift.model.errors import Refusal
from stairlift.model.shelf import KeptPlan
from stairlift.wiring.again import check_plan
from stairlift.wiring.files import plan_from
from stairlift.wiring.server.commissions import keep_plan
from stairlift.wiring.server.house import House

#: What it is called in messages: it has no name here.
_PLACE = "the plan that was sent"


def demand_open(house: House) -> None:
    """Refusal (access.plans) where this server takes no plans from outside."""
    if house.settings.serve.accept_plans:
        return
    raise Refusal(
        code="access.plans",
        brief="this server takes no plans from outside",
        details="a plan holds command lines, which the server's own user would run",
        resolution="Have the server make the plan (POST {'to': SERIES}), or set accept_plans = true in its [serve].",
    )


def bring(house: House, text: bytes, actor: str) -> KeptPlan:
    """Put a plan on the shelf that is whole, and that could be run here: its files are there, with what was frozen.

    Raises Refusal (access.plans), and as `plan_from` and `check_plan` do.
    """
    demand_open(house)
    plan = plan_from(text, _PLACE)
    check_plan(plan)
    return keep_plan(house.library, plan, actor)
