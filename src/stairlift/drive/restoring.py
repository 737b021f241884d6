"""Puts side effects back while a run comes to rest, or because a person wants it: side by side, in bounded time."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from stairlift.drive.background import in_background
from stairlift.drive.ledger import Ledger
from stairlift.drive.tools import Tools
from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.model.run import Change
from stairlift.ports import Affecting, UpgradeStrategy
from stairlift.run import changes
from stairlift.run.effects import AtRest, Units, innermost_first

#: How many are put back at a time, and how many seconds each may take.
_AT_ONCE, _PATIENCE = 8, 60.0

Strategies = Mapping[str, UpgradeStrategy]


async def put_back(ledger: Ledger, tools: Tools) -> AsyncIterator[list[Change]]:
    """What is to go on record, bit by bit, while a run comes to rest; the last comes once all has been tried.

    What has to be done again is on record before anything is put back: whoever is killed in between leaves no step done
    of which nothing is left. A list may be empty: whoever holds a lease has to renew it meanwhile, and to hear.
    """
    rest = Units(ledger.board.graph, ledger.board.statuses()).at_rest(ledger.effects())
    async for made in put_back_those(rest, ledger, tools):
        yield made


async def put_back_those(rest: AtRest, ledger: Ledger, tools: Tools, actor: str = "") -> AsyncIterator[list[Change]]:
    """The same for what somebody has chosen; `actor` is who."""
    now = tools.clock.now
    why = f"put back while nobody is at work: {', '.join(effect.id for effect in rest.restore[:3])}"
    reopened = [changes.reopened(ledger.board.status(step), why, now()) for step in rest.reopen]
    yield [*reopened, *(changes.fenced(e, why, now()) for e, why in rest.keep if (e.state, e.note) != ("kept", why))]
    for group in innermost_first(rest.restore):
        async for results in _restored(group, tools.strategies, every=tools.pace.tick):
            yield [
                changes.left(effect, why, now()) if why else changes.put_back(effect, now(), actor=actor)
                for effect, why in results
            ]


async def _restored(
    effects: Sequence[Effect], strategies: Strategies, *, every: float
) -> AsyncIterator[list[tuple[Effect, str]]]:
    """Each with "" or with why it could not be put back, as that is known; at least an empty list every `every` s."""
    room = asyncio.Semaphore(_AT_ONCE)
    waiting = {asyncio.create_task(_within(room, effect, strategies)) for effect in effects}
    while waiting:
        ended, waiting = await asyncio.wait(waiting, timeout=every, return_when=asyncio.FIRST_COMPLETED)
        yield [task.result() for task in ended]


async def _within(room: asyncio.Semaphore, effect: Effect, strategies: Strategies) -> tuple[Effect, str]:
    async with room:
        try:
            return effect, await asyncio.wait_for(
                in_background(lambda: _restore(effect, strategies), "put back"), _PATIENCE
            )
        except TimeoutError:
            return effect, f"nothing was heard for {_PATIENCE:g} s"


def _restore(effect: Effect, strategies: Strategies) -> str:
    """Why it cannot be put back now; "" once it is. A strategy may be anybody's code."""
    strategy = strategies.get(effect.binding)
    if not isinstance(strategy, Affecting):
        return f"no strategy {effect.binding or 'of the run'} knows how"
    try:
        return str(strategy.restore(effect))
    except StairliftError as error:
        return error.brief
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return f"the strategy {strategy.name} could not: {type(error).__name__}: {error}"
