"""The states of a database and the steps that are refused."""

from stairlift.model.release import Release
from stairlift.sandbox.world.databases import Database

A, B, C = Release(2024, 1), Release(2025, 1), Release(2026, 1)
AT_B = Database(B, B, B)


def test_expand_migrate_contract_is_one_hop():
    expanded = AT_B.expand("nova", C)
    assert expanded == Database(C, B, B)
    migrated = expanded.migrate("nova", C)
    assert migrated == Database(C, C, B)
    assert migrated.contract("nova", C, []) == Database(C, C, C)


def test_nothing_goes_before_the_schema():
    assert "expand it to 2026.1 first" in AT_B.migrate("nova", C)
    assert "expand it to 2026.1 first" in AT_B.contract("nova", C, [])


def test_a_schema_does_not_go_back():
    assert "no way back" in AT_B.expand("nova", A)
    assert AT_B.expand("nova", B) == AT_B


def test_the_next_hop_waits_for_the_data_migrations_where_the_project_insists():
    behind = Database(B, A, A)
    assert "not done" in behind.expand("nova", C)
    assert "not done" in behind.expand("cinder", C)
    assert behind.expand("keystone", C) == Database(C, A, A)


def test_contract_waits_for_the_last_old_process():
    expanded = Database(C, C, B)
    refused = expanded.contract("nova", C, [("nova-api on ctl1", B), ("nova-api on ctl2", C)])
    assert "nova-api on ctl1 (2025.1)" in refused
    assert "ctl2" not in refused


def test_code_and_schema_must_fit():
    assert "expand it to 2026.1 first" in AT_B.refuses("nova", C)
    assert AT_B.refuses("nova", B) is None
    assert "contracted to 2025.1" in AT_B.refuses("nova", A)
    assert Database(C, C, B).refuses("nova", B) is None
