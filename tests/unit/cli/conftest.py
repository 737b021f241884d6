"""What one command line settles for its process is settled anew for each test."""

import pytest

from stairlift.cli import shaping


@pytest.fixture(autouse=True)
def fresh():
    shaping.forget()
    yield
    shaping.forget()
