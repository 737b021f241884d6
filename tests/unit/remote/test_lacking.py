"""What a listing says of a machine from which SSH leads nowhere."""

import pytest

from stairlift.inventory.host import HostInventory
from stairlift.remote.lacking import lacking_ssh
from stairlift.strategy.puppet import PuppetUpgradeStrategy


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with the client, and a user without anything."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text("#!/bin/sh\n")
    (programs / "ssh").chmod(0o755)
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path


def test_nothing_to_log_in_with(bare):
    [said] = lacking_ssh()
    assert said.startswith("no ssh key")
    assert said in HostInventory.lacking()
    assert any(said in one for one in PuppetUpgradeStrategy.lacking())


@pytest.mark.parametrize("name", ["id_ed25519", "id_mine", "config"])
def test_a_key_or_a_configuration_that_may_name_one(bare, name):
    (bare / ".ssh" / name).touch()
    assert lacking_ssh() == ()


def test_an_agent(bare, monkeypatch):
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    assert lacking_ssh() == ()


def test_no_client(bare, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert lacking_ssh() == ("no ssh on the PATH: install OpenSSH's client",)
