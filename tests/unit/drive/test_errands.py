"""What goes on beside the loop: it rings, its failure is the loop's, and nothing of it stays."""

import asyncio

import pytest

from stairlift.drive.errands import Errands


def test_who_rings_while_the_loop_is_busy_is_heard_once() -> None:
    async def story() -> None:
        errands = Errands()
        errands.ring()
        errands.ring()
        await asyncio.wait_for(errands.rung(), 60)
        errands.heard()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(errands.rung(), 0)

    asyncio.run(story())


def test_the_first_that_fails_is_what_the_loop_hears_of() -> None:
    async def fails(why: str) -> None:
        raise LookupError(why)

    async def story() -> None:
        errands = Errands()
        first = errands.begin(fails("first"))
        await asyncio.wait([first])
        await asyncio.wait_for(errands.rung(), 60)
        await asyncio.wait([errands.begin(fails("second"))])
        with pytest.raises(LookupError, match="first"):
            errands.heard()

    asyncio.run(story())


def test_none_outlives_the_loop_and_to_be_dropped_is_no_failure() -> None:
    async def story() -> None:
        errands = Errands()
        going = errands.begin(asyncio.sleep(3600))
        await errands.drop()
        assert going.cancelled()
        errands.heard()

    asyncio.run(story())
