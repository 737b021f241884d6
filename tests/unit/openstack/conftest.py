import os

import pytest

from stairlift.openstack.client import SessionCloudClient
from unit.openstack.scripted_cloud import scripted_cloud


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    """Nothing of the machine's own clouds: no OS_*, no home, no clouds.yaml in the current directory."""
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("openstack.config.loader.CONFIG_FILES", [str(tmp_path / "clouds.yaml")])
    monkeypatch.setattr("openstack.config.loader.SECURE_FILES", [str(tmp_path / "secure.yaml")])
    return monkeypatch


@pytest.fixture
def cloud():
    with scripted_cloud() as running:
        yield running


@pytest.fixture
def trap():
    """A server that nobody may ask."""
    with scripted_cloud() as running:
        yield running
        assert running.seen == []


@pytest.fixture
def connect(cloud, no_settings):
    """A client for the scripted cloud, with OS_* as given."""

    def connected(timeout=5.0, **changed):
        for name, value in cloud.credentials(**changed).items():
            no_settings.setenv(name, value)
        return SessionCloudClient.from_config(timeout=timeout)

    return connected
