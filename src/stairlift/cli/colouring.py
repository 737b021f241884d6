"""Whether what is printed has colours: `--color`, then NO_COLOR and FORCE_COLOR, then whether somebody sees it.

A state is always a sign and a word as well: nothing is told by colour alone.
"""

from collections.abc import MutableMapping
from enum import StrEnum
from typing import Any


class Colour(StrEnum):
    """What `--color` takes."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


_chosen = Colour.AUTO


def choose(colour: Colour) -> None:
    """Take in what `--color` said; it comes before the environment."""
    global _chosen  # one process has one command line  # noqa: PLW0603
    _chosen = colour


def heed_no_color(environ: MutableMapping[str, str]) -> None:
    """Have NO_COLOR come before FORCE_COLOR, for which the libraries that draw print bold and dim all the same.

    What is started from here finds them as we have settled it.
    """
    if environ.get("NO_COLOR"):
        environ.pop("FORCE_COLOR", None)


def of_console() -> dict[str, Any]:
    """How a console of Rich is to be made; by itself it looks at the environment and at the terminal."""
    if _chosen is Colour.ALWAYS:
        return {"force_terminal": True, "color_system": "standard", "no_color": False}
    if _chosen is Colour.NEVER:
        return {"color_system": None, "no_color": True}
    return {}
