"""The shell scripts that checks run on hosts. They only read."""

from functools import cache
from importlib.resources import files


@cache
def script(name: str) -> str:
    """A script by the name of its file."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
