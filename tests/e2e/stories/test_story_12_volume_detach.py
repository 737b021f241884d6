"""Story 12: Cinder asks for Nova's service token (OSSA-2023-003); without the role no volume is detached any more."""

from dataclasses import replace

from stairlift.sandbox.builders import cloud

CAUGHT_BY = ("keystone.service_role", "config.service_user")


def test_a_service_user_without_the_role_is_named(staged):
    scenario = replace(cloud(control=1, network=1, compute=1), without_service_role=frozenset({"nova"}))
    _, desk = staged(scenario)
    (found,) = desk.finds()["keystone.service_role"]
    assert found["severity"] == "error"
    assert "nova" in found["subject"] + found["message"]
    assert "service" in found["resolution"]
