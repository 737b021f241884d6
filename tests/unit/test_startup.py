"""`stairlift --help` is there at once: what only some commands need is imported by them."""

import subprocess
import sys

import pytest

from stairlift import __version__

HEAVY = {"openstack", "keystoneauth1", "sqlalchemy", "alembic", "starlette", "fastapi", "uvicorn", "orjson", "yaml"}
LISTED = (
    "import sys; sys.argv = ['stairlift', *{words!r}]\n"
    """
from stairlift.cli import main
try:
    main()
finally:
    print(*sorted(m for m in sys.modules if "." not in m), file=sys.stderr)
"""
)


def imported_by(*words: str) -> tuple[set[str], str]:
    script = LISTED.format(words=words)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stderr.splitlines()[-1].split()), done.stdout


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("plan", "--help"), ("run", "-h"), ("status", "--help")]
)
def test_help_imports_nothing_heavy(words):
    modules, out = imported_by(*words)
    assert out
    assert "typer" in modules
    assert modules & HEAVY == set()


def test_the_version():
    assert imported_by("--version")[1] == f"stairlift {__version__}\n"


def test_importing_the_package_imports_no_library():
    script = "import sys; before = set(sys.modules); import stairlift.cli; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert {"typer", "rich", "stairlift.wiring"}.isdisjoint(done.stdout.split())
