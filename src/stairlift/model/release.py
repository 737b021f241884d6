"""A release of OpenStack, as a number that sorts: the alphabet of the codenames wrapped after Zed."""

import re
from dataclasses import dataclass
from functools import lru_cache

from stairlift.model.errors import UsageError

_NUMBER = re.compile(r"(\d{4})\.(\d)")


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """The first (`half` 1) or second (2) release of a year; whether it exists is for `knowledge` to say.

    ValueError for a number that no release can have.
    """

    year: int
    half: int

    def __post_init__(self) -> None:
        """Austin, the first release, is of 2010; there are two a year."""
        if self.year < 2010 or self.half not in (1, 2):
            raise ValueError(f"{self.year}.{self.half} is not the number of a release")

    def __str__(self) -> str:
        return f"{self.year}.{self.half}"

    @classmethod
    def parse(cls, text: str) -> "Release":
        """Read a number such as 2025.1; UsageError `release.unknown` for anything else."""
        return _parsed(text)


@lru_cache(maxsize=64)  # a plan says it twice with each of its steps
def _parsed(text: str) -> Release:
    found = _NUMBER.fullmatch(text.strip())
    try:
        if found:
            return Release(int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise UsageError(
        code="release.unknown",
        brief=f"{text!r} is not the number of an OpenStack release",
        resolution="Give a number such as 2025.1, or a codename such as epoxy.",
    )
