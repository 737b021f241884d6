"""The strategies that a policy brings along."""

from planning import ANY, seen
from stairlift.model.policy import Migrations, Policy
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.builtin import with_built_in

CLOUD = seen(a_cloud()).cloud


def test_who_asks_for_nothing_gets_nothing() -> None:
    assert with_built_in([ANY], Policy(), CLOUD, "lab") == (ANY,)


def test_a_cordon_brings_nova_behind_all_entries() -> None:
    first, nova = with_built_in([ANY], Policy(cordon=True), CLOUD, "lab")
    assert first is ANY
    assert (nova.id, nova.use, nova.options) == ("nova-2", "nova", {"os_cloud": "lab"})
    assert nova.match == {"service": ("nova-compute",), "action": ("cordon", "drain", "uncordon")}
    assert (nova.can_undo, nova.concurrency) == (True, "host")


def test_it_is_told_of_masakari_and_of_the_drain() -> None:
    cloud = seen(a_cloud().serving("instance-ha")).cloud
    policy = Policy(drain="live-migrate", migrations=Migrations(2, 8))
    (nova,) = with_built_in([], policy, cloud, None)
    assert nova.options == {"masakari": True, "drain": "live-migrate", "migrations": {"host": 2, "cloud": 8}}
