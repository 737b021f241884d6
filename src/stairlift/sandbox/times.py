"""Times as the APIs show them: in whole seconds, as MariaDB keeps them, though Nova and Cinder print a fraction."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=8192)
def _second(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def nova_time(moment: float) -> str:
    """A time as Nova and Cinder show it: UTC without a zone."""
    return f"{_second(int(moment))}.000000"


def keystone_time(moment: float) -> str:
    """A time as Keystone shows it."""
    return f"{_second(int(moment))}.000000Z"


def neutron_time(moment: float) -> str:
    """A time as Neutron shows it: UTC without a zone and without a T."""
    return _second(int(moment)).replace("T", " ")


def iso_time(moment: float) -> str:
    """A time as the sandbox's own interface shows it, to the microsecond."""
    return datetime.fromtimestamp(moment, UTC).isoformat()
