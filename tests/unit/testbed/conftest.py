"""The testbed's package is not installed: it is found beside its launcher."""

import sys
from pathlib import Path

import pytest

TESTBED = Path(__file__).resolve().parents[3] / "testbed"
sys.path.insert(0, str(TESTBED))

from tb.layout import Layout  # noqa: E402

KEYS = {"id_ed25519.pub": "ssh-ed25519 AAAA testbed", "fernet-0": "a" * 44, "fernet-1": "b" * 44}


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


@pytest.fixture
def keys():
    return KEYS
