import pytest

from guests import server
from stairlift.knowledge.document import Entry
from stairlift.knowledge.draining import draining, draining_of, in_the_way
from stairlift.model.errors import StairliftError
from stairlift.strategy.nova.pace import Pace


def test_what_nova_refuses_comes_first():
    both = server("a", specs={"hw:numa_nodes": "2", "pci_passthrough:alias": "x:1"})
    assert [one.bars("live") for one in in_the_way(both, "live")] == ["never", "care"]
    assert in_the_way(both, "cold") == ()


def test_every_state_that_moves_is_one_of_novas():
    assert set(draining().states) == {"active", "paused", "stopped"}


def test_the_pace_is_complete():
    """Each number of the file has its place."""
    assert Pace.known().look > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"obstacles": {"x": {"why": "it is so", "live": "sometimes", "source": "api"}}},
        {"obstacles": {"x": {"live": "never", "source": "api"}}},
        {"obstacles": {"x": {"why": "it is so", "live": "never"}}},
        {"states": {"active": {"ways": ["live"], "way": "cold", "source": "api"}}},
    ],
)
def test_what_cannot_be_right_is_refused(wrong):
    with pytest.raises(StairliftError):
        draining_of(Entry({"sources": {"api": "nova"}, **wrong}, "draining.yaml"))
