"""Stairlift's sources for `--inventory openstack`, as `discover` asks them, and nothing behind them."""

import json
from datetime import UTC, datetime
from functools import cache

from stairlift.drive.discover import observe_all
from stairlift.inventory.context import SourceContext
from stairlift.inventory.specs import sources
from stairlift.openstack.client import SessionCloudClient

LISTS = {"nova-services": "services", "neutron-agents": "agents", "nova-hypervisors": "hypervisors"}


def main() -> None:
    """Print how many rows each list has. A source in trouble has none, and that is seen."""
    context = SourceContext(client=cache(SessionCloudClient.from_config))
    managers = [source.manager for source in sources(["openstack"], context)]
    seen = observe_all(managers, lambda: datetime.now(UTC))
    print(json.dumps({LISTS[o.source]: len(o.facts) for o in seen if o.source in LISTS}))


if __name__ == "__main__":
    main()
