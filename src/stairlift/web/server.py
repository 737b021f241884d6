"""The server itself: uvicorn over one house, in the main thread, until a signal says to leave."""

import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import anyio.to_thread
import uvicorn

from stairlift.web.app import the_app
from stairlift.web.connections import MOST, Connection
from stairlift.web.leaving import Leaving
from stairlift.wiring.server.house import House

#: Seconds: between two requests of one connection, and until uvicorn loses patience with what has not left by then.
_KEEP_ALIVE, _GIVE_UP = 15, 6
#: So many requests are worked on at once, and more wait: they share one interpreter. With 200 watchers at one run, each
#: page took twice the time where 40 threads pulled at it.
_THREADS = 6
#: So many connections before the last are told that there are too many; those behind the last are cut off.
_TOLD = 96
#: Bytes that the head of a request may have.
_HEAD = 32_768
_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where people come in. Without `certificate` it is plain HTTP; what `proxies` say of who asks is believed.

    `hang_up` is what SIGHUP means, in a thread of its own; where there is none, that it is to leave.
    """

    listening: Sequence[socket.socket]
    certificate: ssl.SSLContext | None = None
    proxies: Sequence[str] = ()
    hang_up: Callable[[], None] | None = None


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
    Server(_config(leaving, entrance), greet, leave, entrance.hang_up).run(list(entrance.listening))


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
        limit_concurrency=MOST - _TOLD,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GIVE_UP,
        h11_max_incomplete_event_size=_HEAD,
        ssl_context_factory=None if certificate is None else lambda *_: certificate,
    )


class Server(uvicorn.Server):
    """uvicorn's, but that it comes back instead of dying of the signal.

    `begin` is called once it accepts, `leave` once it does so no longer, `hang_up` at SIGHUP.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        begin: Callable[[], None],
        leave: Callable[[], None],
        hang_up: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._begin = begin
        self._leave = leave
        self._hang_up = hang_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
        await super().startup(sockets)
        self._begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._leave()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn."""
        if sig == signal.SIGHUP and self._hang_up is not None:
            threading.Thread(target=self._hang_up, name="hang-up", daemon=True).start()
        else:
            super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Hear those that whoever started us does not want ignored (nohup); outside the main thread, none can be."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _LEAVE}
        ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
        for number in ours:
            signal.signal(number, self.handle_exit)
        try:
            yield
        finally:
            for number in ours:
                signal.signal(number, before[number])
