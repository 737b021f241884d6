"""Blocking work beside the loop, in threads that keep nobody from leaving, which asyncio's own would."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

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
