"""Clouds that are staged for one story each."""

from contextlib import ExitStack

import pytest

from stairlift.sandbox.server import Sandbox
from stories import a_desk


@pytest.fixture
def staged(tmp_path):
    """Starts a cloud and gives it with the desk of its operator."""
    with ExitStack() as stack:

        def start(scenario, more: str = ""):
            cloud = stack.enter_context(Sandbox(scenario))
            return cloud, a_desk(tmp_path, cloud, more)

        yield start
