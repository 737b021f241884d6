"""How often an address has failed to be let in: after ten times in a minute it has to wait.

Who shows a token that holds is let in whatever others behind the same address did: it cannot be guessed, so that there
is nothing to slow down. A one-time code is short enough to be typed, and is not even looked at while the address waits.
"""

import math
import time
from ipaddress import IPv6Address, ip_address
from typing import Annotated, cast

from fastapi import Depends, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from stairlift.web.access.refused import TooMany

_OFTEN = RateLimitItemPerMinute(10)


class Failures:
    """Counts them by address, in memory: a server that begins anew forgets them."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, address: str) -> None:
        """One more has failed. Raises TooMany where there have been enough."""
        if not self._limiter.hit(_OFTEN, address):
            raise self._wait(address)

    def demand_few(self, address: str) -> None:
        """Raises TooMany where the address has to wait, whatever it brings."""
        if not self._limiter.test(_OFTEN, address):
            raise self._wait(address)

    def _wait(self, address: str) -> TooMany:
        ends = self._limiter.get_window_stats(_OFTEN, address).reset_time
        return TooMany(max(1, math.ceil(ends - time.time())))


async def failures_of(request: Request) -> Failures:
    """Those of the server that a request came to."""
    return cast("Failures", request.app.state.failures)


#: They, as a parameter of whoever lets somebody in.
Failed = Annotated[Failures, Depends(failures_of)]


def address_of(request: Request) -> str:
    """Whose failures count together: an address, or the network that one customer of IPv6 has for himself.

    Behind a proxy that the settings trust, it is the address that the proxy names.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
    return str(address)
