"""Orchestrators in threads hear that they are to leave: those at work, and those who only begin."""

import asyncio
import threading

from operating import until
from stairlift.wiring.signals import Dismissal


def test_one_at_work_hears_it_from_another_thread():
    leave, heard = Dismissal(), []

    async def works() -> None:
        with leave.listening() as told:
            heard.append("listens")
            await told.stop.wait()
            heard.append(told.first)

    thread = threading.Thread(target=lambda: asyncio.run(works()), daemon=True)
    thread.start()
    until(lambda: heard)
    assert not leave.told
    leave.tell()
    thread.join(10)
    assert heard == ["listens", None]
    leave.tell()  # nobody listens any more


def test_one_that_begins_later_leaves_at_once():
    async def begins() -> bool:
        with leave.listening() as told:
            return told.stop.is_set()

    leave = Dismissal()
    leave.tell()
    assert asyncio.run(begins())
