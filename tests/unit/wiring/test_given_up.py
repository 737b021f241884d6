"""A registry that may not be read, and a plan whose approver does without it: nobody waits for it for ever."""

import pytest

from planning import planned
from stairlift.model.errors import Trouble
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import a_cloud
from stairlift.wiring import equipment
from stairlift.wiring.as_before import View
from stairlift.wiring.look import Look

CONDUCTOR = ("ironic-conductor", "bm1")


def a_cloud_with_ironic(trouble):
    built = a_cloud().placed("bm1", "ironic-conductor", "ironic-api").serving("baremetal")
    return built.failing("ironic-conductors", trouble, "does not permit this (403)")


def expected(trouble, *waive):
    built = a_cloud_with_ironic(trouble)
    observations = built.observations()
    seen = Look((), observations, reconcile(observations, name="lab"))
    plan = planned(built, to="2025.2", waive=waive, source="2025.1")
    return equipment.expected(plan, View(seen, frozenset())).reporting


def test_a_denied_registry_that_was_waived_is_not_waited_for():
    assert CONDUCTOR not in expected(Trouble.DENIED, "source.denied:ironic-conductors")
    assert CONDUCTOR not in expected(Trouble.DENIED, "source.denied")


@pytest.mark.parametrize(
    ("trouble", "waived"),
    [
        (Trouble.DENIED, "source.denied:heat-services"),
        (Trouble.DENIED, "record.stale"),
        (Trouble.TIMEOUT, "source.denied"),
    ],
)
def test_one_that_is_silent_for_the_time_being_is(trouble, waived):
    assert expected(trouble, waived)[CONDUCTOR] == {"ironic-conductors"}
