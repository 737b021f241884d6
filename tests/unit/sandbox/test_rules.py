"""The interlocks: when a program of some release does not come up."""

import pytest

from stairlift.knowledge.releases import all_series
from stairlift.model.release import Release
from stairlift.sandbox.world.databases import Database
from stairlift.sandbox.world.rules import Surroundings, oldest_compute, refusal

R = Release.parse


def around(*, database="2026.1", same=(), computes=(), keystone=True):
    at = R(database)
    return Surroundings(
        database=Database(at, at, R("2015.2")),
        same_binary=frozenset(map(R, same)),
        computes=frozenset(map(R, computes)),
        keystone=keystone,
    )


@pytest.mark.parametrize(
    ("release", "floor"),
    [
        ("2023.2", "2023.1"),
        ("2024.1", "2023.1"),
        ("2024.2", "2024.1"),
        ("2025.1", "2024.1"),
        ("2025.2", "2025.1"),
        ("2026.1", "2025.1"),
        ("2026.2", "2026.1"),
    ],
)
def test_nova_wants_computes_of_the_slurp_before(release, floor):
    assert oldest_compute(R(release)) == R(floor)


def test_releases_before_the_first_slurp_have_no_floor():
    assert {oldest_compute(s.release) for s in all_series() if s.release <= R("2023.1")} == {None}


def test_control_programs_refuse_computes_that_are_too_old_and_computes_do_not():
    lagging = around(computes=["2024.1", "2025.1"])
    assert refusal("nova-conductor", R("2026.1"), lagging).startswith("TooOldComputeService")
    assert refusal("nova-conductor", R("2025.1"), lagging) is None
    assert refusal("nova-compute", R("2026.1"), lagging) is None
    assert refusal("neutron-server", R("2026.1"), lagging) is None


def test_no_program_of_nova_starts_below_all_that_are_on_record():
    assert refusal("nova-api", R("2025.1"), around(same=["2026.1"])).startswith("ServiceTooOld")
    assert refusal("nova-api", R("2025.1"), around(same=["2025.1", "2026.1"])) is None
    assert refusal("glance-api", R("2025.1"), around(same=["2026.1"])) is None


def test_code_needs_its_schema_but_agents_and_computes_open_none():
    behind = around(database="2025.1")
    assert "expand it to 2026.1 first" in refusal("neutron-server", R("2026.1"), behind)
    assert refusal("neutron-l3-agent", R("2026.1"), behind) is None
    assert refusal("nova-compute", R("2026.1"), behind) is None


@pytest.mark.parametrize(
    ("binary", "release", "comes_up"),
    [
        ("nova-cert", "2017.1", True),
        ("nova-cert", "2017.2", False),
        ("nova-consoleauth", "2019.2", False),
        ("neutron-linuxbridge-agent", "2025.1", False),
        ("nova-api", "2026.1", True),
        ("neutron-server", "2026.1", True),
    ],
)
def test_programs_that_ended_do_not_come_up_and_those_that_were_replaced_go_on(binary, release, comes_up):
    assert (refusal(binary, R(release), around()) is None) == comes_up


def test_conductors_and_schedulers_need_keystone_while_they_start():
    alone = around(keystone=False)
    assert refusal("nova-conductor", R("2026.1"), alone) == "nova-conductor finds no keystone"
    assert refusal("nova-compute", R("2026.1"), alone) is None
