"""How long steps took, and what attempts are at."""

from stairlift.web.api.shapes import Shape


class Took(Shape):
    """Seconds of attempts at the like of a step that ended well, the newest first."""

    step: str
    took: list[float]


class Lengths(Shape):
    """Seconds by the sort of a step: its action, services and strategy."""

    lengths: dict[str, list[float]]


class Doing(Shape):
    """By step: what its newest attempt tells of its work, and why no worker has taken it, where one must."""

    doing: dict[str, str]
    queued: dict[str, str]
