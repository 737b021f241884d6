"""What the version documents of a release say."""

from bisect import bisect_right
from functools import cache
from importlib import resources

import yaml

from stairlift.model.release import Release

Microversion = tuple[int, int]


def maximum(api: str, release: Release) -> Microversion:
    """The highest microversion (or version, where there are none) that this API offers at this release."""
    releases, versions = _tables()[api]
    return versions[max(bisect_right(releases, release) - 1, 0)]


def microversion(shown: str) -> Microversion:
    """The two numbers of "2.100"; ValueError for anything else."""
    major, minor = shown.split(".")
    return int(major), int(minor)


def text(version: Microversion) -> str:
    """The version as it is written: 2.100 is two numbers, not one."""
    return f"{version[0]}.{version[1]}"


@cache
def _tables() -> dict[str, tuple[list[Release], list[Microversion]]]:
    """Per API the releases at which something changed, oldest first, and what they changed it to."""
    content = yaml.safe_load((resources.files("stairlift.sandbox") / "versions.yaml").read_text(encoding="utf-8"))
    return {
        api: ([Release.parse(release) for release in since], [microversion(shown) for shown in since.values()])
        for api, since in content.items()
    }
