"""Lists of what users have in the smaller projects, as far as checks before an upgrade look at them.

Volumes, snapshots and backups of Cinder, stacks of Heat, load balancers of Octavia, shares of Manila, nodes of Ironic.
Their rows come from the scenario, and nothing in the sandbox moves them.
"""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.paging import next_link, next_page, page
from stairlift.sandbox.api.rows import rows_of
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID
from stairlift.sandbox.api.wire import answer
from stairlift.sandbox.records.rows import array

MOST = 1000
_NOT_FILTERS = frozenset(
    {"limit", "marker", "all_tenants", "global_tenant", "fields", "sort_key", "sort_dir", "offset"}
)


def volume_lists(sim: Simulation, roots: tuple[str, ...]) -> list[Route]:
    """Cinder's."""
    return [
        Route(f"{root}/{name}{end}", _list(sim, name, "id"))
        for root in roots
        for name in ("volumes", "snapshots", "backups")
        for end in ("", "/detail")
    ]


def stacks(sim: Simulation) -> list[Route]:
    """Heat's. It has no link to the next page: who wants it gives the last id as the marker."""
    return [Route(f"/orchestration/v1/{PROJECT_ID}/stacks", _list(sim, "stacks", "id", status="stack_status"))]


def load_balancers(sim: Simulation) -> list[Route]:
    """Octavia's."""
    return [Route("/load-balancer/v2/lbaas/loadbalancers", _list(sim, "loadbalancers", "id"))]


def shares(sim: Simulation) -> list[Route]:
    """Manila's."""
    return [Route(f"/share/v2/shares{end}", _list(sim, "shares", "id")) for end in ("", "/detail")]


def nodes(sim: Simulation) -> list[Route]:
    """Ironic's, which has the address of the next page beside the list."""
    return [Route(f"/baremetal/v1/nodes{end}", _list(sim, "nodes", "uuid")) for end in ("", "/detail")]


def _list(sim: Simulation, name: str, key: str, status: str = "status") -> Callable[[Request], Any]:
    """A handler for administrators that filters and pages; `status` is what the query's filter of that name means."""

    async def handler(request: Request) -> Response:
        administrator(sim, request)
        query = request.query_params
        filters = {status if k == "status" else k: query[k] for k in query.keys() - _NOT_FILTERS}
        wanted = [
            row for row in rows_of(sim, name) if all(str(row.get(k)) == v for k, v in filters.items() if k in row)
        ]
        shown, more = page(wanted, request, lambda row: str(row[key]), MOST)
        rest = _onward(request, name, str(shown[-1][key])) if more else b""
        return answer(array(name, map(orjson.dumps, shown), rest))

    return handler


def _onward(request: Request, name: str, marker: str) -> bytes:
    if name == "stacks":
        return b""
    if name == "nodes":
        return b',"next":%s' % orjson.dumps(next_page(request, marker))
    return next_link(name, request, marker)
