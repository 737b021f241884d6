"""The house of a server: what it is built of, whose folder it may use, and that it can be closed."""

import os
from types import SimpleNamespace

import pytest

from houses import settings_in
from stairlift.model.errors import UsageError
from stairlift.wiring.server import house as house_module
from stairlift.wiring.server.house import open_house


def test_it_has_all_that_a_server_keeps_and_lets_go_of_it(tmp_path):
    house = open_house(settings_in(tmp_path))
    assert house.keys.tokens() == ()
    assert house.library.plans() == ()
    house.attendance.begin()
    assert house.close()
    assert house.close()  # told twice it is closed still


def test_nobody_uses_the_folder_of_somebody_else(tmp_path, monkeypatch):
    settings = settings_in(tmp_path)
    monkeypatch.setattr(house_module, "os", SimpleNamespace(geteuid=lambda: os.geteuid() + 4711))
    with pytest.raises(UsageError) as refused:
        open_house(settings)
    assert refused.value.code == "state.foreign"
    assert str(settings.state_dir) in refused.value.brief
    assert f"uid {os.geteuid() + 4711}" in refused.value.details
