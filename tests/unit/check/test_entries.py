"""Which entries of stairlift.toml could never catch anything in a cloud."""

import pytest

from planning import seen
from stairlift.check.entries import Match, catches_nothing
from stairlift.testing.clouds import a_cloud

CLOUD = seen(a_cloud()).cloud


def about(**globs: str):
    match = Match("stairlift.toml:7: [[strategy]] number 1", "command-1", {key: (glob,) for key, glob in globs.items()})
    return catches_nothing([match], CLOUD)


@pytest.mark.parametrize(
    "globs",
    [
        {},
        {"project": "nova"},
        {"service": "nova-*", "host": "cmp*"},
        {"plane": "resource", "role": "compute"},
        {"stage": "prepare"},
        {"action": "upgrade", "project": "n*"},
        {"stage": "con*", "host": "ctl1"},
    ],
)
def test_what_can_catch_something(globs):
    assert about(**globs) == ()


@pytest.mark.parametrize(
    ("globs", "why"),
    [
        ({"project": "novva"}, "no service of this cloud has project = novva"),
        ({"host": "cmp99*"}, "no service of this cloud has host = cmp99*"),
        ({"project": "nova", "service": "neutron-*"}, "project = nova, service = neutron-*"),
        ({"stage": "prepair"}, "no stage is called prepair"),
        ({"action": "updrade", "project": "nova"}, "no action is called updrade"),
    ],
)
def test_what_cannot_is_told_with_its_line(globs, why):
    (found,) = about(**globs)
    assert (found.code, found.severity, found.subject) == ("strategy.unused", "warning", "command-1")
    assert found.message.startswith("stairlift.toml:7: [[strategy]] number 1: its match catches nothing: ")
    assert why in found.message


def test_one_of_several_globs_is_enough():
    match = Match("here", "command-1", {"project": ("novva", "nova")})
    assert catches_nothing([match], CLOUD) == ()
