"""The server itself: uvicorn over one house, in the main thread, until a signal says to leave."""

import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from stairlift.web.app import the_app
from stairlift.web.connections import MOST, Connection
from stairlift.web.leaving import Leaving
from stairlift.wiring.house import House

#: Seconds: between two requests of one connection, and for answers under way once we leave.
_KEEP_ALIVE, _LAST_ANSWERS = 15, 3
#: Bytes that the head of a request may have.
_HEAD = 32_768
_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people come in. Without `certificate` it is plain HTTP; what `proxies` say of who asks is believed."""

    listening: Sequence[socket.socket]
    certificate: ssl.SSLContext | None = None
    proxies: Sequence[str] = ()


def serve(house: House, entrance: Entrance, greet: Callable[[], None]) -> None:
    """Look after runs and answer until a signal comes; then end streams, let orchestrators detach, and come back.

    `greet` is called once it hears signals and answers. The house is not closed: whoever opened it waits for its
    orchestrators.
    """
    leaving = Leaving(the_app(house))

    def leave() -> None:
        house.attendance.leave()
        house.bell.close()
        leaving.begin()

    house.attendance.begin()
    _Server(_config(leaving, entrance), greet, leave).run(list(entrance.listening))


def _config(app: Leaving, entrance: Entrance) -> uvicorn.Config:
    certificate = entrance.certificate
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(entrance.proxies),
        forwarded_allow_ips=list(entrance.proxies),
        limit_concurrency=MOST,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LAST_ANSWERS,
        h11_max_incomplete_event_size=_HEAD,
        ssl_context_factory=None if certificate is None else lambda *_: certificate,
    )


class _Server(uvicorn.Server):
    """uvicorn's, but that it comes back instead of dying of the signal.

    `begin` is called once it accepts, `leave` once it does so no longer.
    """

    def __init__(self, config: uvicorn.Config, begin: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__(config)
        self._begin = begin
        self._leave = leave

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        await super().startup(sockets)
        self._begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._leave()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear those that whoever started us does not want ignored (nohup)."""
        before = {number: signal.getsignal(number) for number in _LEAVE}
        ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
        for number in ours:
            signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, before[number])
