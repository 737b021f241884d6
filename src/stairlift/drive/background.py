"""Blocking work beside the loop, in threads that keep nobody from leaving, which asyncio's own would."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

from stairlift.model.errors import SourceTrouble, StairliftError, Trouble

T = TypeVar("T")


def in_background(work: Callable[[], T], name: str) -> Awaitable[T]:
    """Wait for blocking work; what it raises is raised here. `name` is the thread's, for whoever looks at it."""
    promise: Future[T] = Future()

    def perform() -> None:
        try:
            promise.set_result(work())
        except BaseException as error:  # it is raised where it is waited for  # noqa: BLE001
            promise.set_exception(error)

    promise.set_running_or_notify_cancel()
    Thread(target=perform, name=name, daemon=True).start()
    return asyncio.wrap_future(promise)


class Late(Generic[T]):
    """Something that is `made` when somebody first asks for it, and once: making it may block, or fail."""

    def __init__(self, made: Callable[[], T]) -> None:
        self._made = made
        self._turn = asyncio.Lock()
        self._found: tuple[T, ...] = ()

    async def get(self) -> T:
        """It. Raises SourceTrouble where it cannot be made for the moment."""
        async with self._turn:
            if not self._found:
                self._found = (await in_background(self._tried, "first look"),)
        return self._found[0]

    def _tried(self) -> T:
        try:
            return self._made()
        except SourceTrouble:
            raise
        except StairliftError as error:
            raise SourceTrouble(Trouble.UNREACHABLE, error.brief) from error
