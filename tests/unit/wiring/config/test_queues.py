from dataclasses import replace

import pytest

from stairlift.model.errors import UsageError
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.queues import demand_workers

SQLITE, POSTGRESQL = "sqlite:////var/lib/stairlift/stairlift.sqlite", "postgresql://stairlift@db/stairlift"
NEAR = a_plan(replace(a_step("cmp1"), queue="az1"), a_step("cmp2"))


def test_workers_cannot_take_their_work_from_a_file():
    with pytest.raises(UsageError) as refused:
        demand_workers(NEAR, SQLITE)
    assert refused.value.code == "queue.no_workers"
    assert "az1" in refused.value.brief


def complaint(plan, url) -> str:
    """The code of the refusal, if there is one."""
    try:
        demand_workers(plan, url)
    except UsageError as error:
        return error.code
    return ""


def test_with_a_server_or_without_queues_there_is_nothing_to_say():
    assert complaint(NEAR, SQLITE) == "queue.no_workers"
    assert complaint(NEAR, POSTGRESQL) == ""
    assert complaint(a_plan(a_step("cmp1")), SQLITE) == ""
