"""Story 12: Cinder asks for Nova's service token (OSSA-2023-003); without the role no volume is detached any more."""

from dataclasses import replace

import pytest

from stairlift.sandbox.builders import cloud
from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("keystone.service_role", "config.service_user")


def test_a_service_user_without_the_role_is_named(staged):
    scenario = replace(cloud(control=1, network=1, compute=1), without_service_role=frozenset({"nova"}))
    _, desk = staged(scenario)
    (found,) = desk.finds()["keystone.service_role"]
    assert found["severity"] == "error"
    assert "nova" in found["subject"] + found["message"]
    assert "service" in found["resolution"]


@pytest.mark.parametrize(("value", "state"), [("false", "failed"), ("true", "passed")])
def test_so_is_a_nova_that_is_not_told_to_send_the_token(value, state):
    built = a_cloud(control=1, network=0, compute=1)
    option = f"/etc/nova/nova.conf\tservice_user\tsend_service_user_token\t{value}"
    result = checked("config.service_user", built, {"": sections(options=option)})
    assert result.state == state
    assert ("send_service_user_token" in sentences(result)) == (state == "failed")
