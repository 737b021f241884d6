"""Operators of a small simulated cloud, which is shared by the tests of a module that leave it as it is."""

import pytest

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def cloud():
    with Sandbox(small_cloud()) as it:
        yield it


@pytest.fixture
def operator(cloud, tmp_path) -> Operator:
    """Somebody with credentials and a strategy, and no plan yet."""
    yield Operator(tmp_path).at(cloud).with_strategy()
    cloud.clear_faults()
