"""Asking all sources side by side; whatever one of them does, the others are heard."""

import logging
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from threading import Semaphore, Thread
from typing import get_args

from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.model.observation import Fact, Observation
from stairlift.ports import Answer, InventoryManager

SIDE_BY_SIDE = 8
PATIENCE = 300.0  # seconds for all sources together

_FACTS = frozenset(get_args(Fact))
_LOG = logging.getLogger(__name__)


def observe_all(
    managers: Iterable[InventoryManager], clock_now: Callable[[], datetime], *, patience: float = PATIENCE
) -> tuple[Observation, ...]:
    """What each source said, in the order of the sources. Nothing that a source does is raised.

    A source that has not answered after `patience` seconds is left alone: its thread does not keep the process alive.
    """
    asked = tuple(managers)
    heard = tuple(Future[Observation]() for _ in asked)
    turn = Semaphore(SIDE_BY_SIDE)

    def listen(manager: InventoryManager, into: Future[Observation]) -> None:
        with turn:
            into.set_result(observe(manager, clock_now))

    for manager, future in zip(asked, heard, strict=True):
        Thread(target=listen, args=(manager, future), name=f"observe {manager.name}", daemon=True).start()
    wait(heard, timeout=patience)
    pairs = zip(asked, heard, strict=True)
    return tuple(f.result() if f.done() else _late(m, clock_now(), patience) for m, f in pairs)


def observe(manager: InventoryManager, clock_now: Callable[[], datetime]) -> Observation:
    """One source's facts, or its trouble."""
    asked_at = clock_now()
    try:
        answer = manager.fetch()
        facts = _checked(manager.read(answer))
        return Observation(manager.name, asked_at, facts, detail=_notes(answer), cloud_time=_in_utc(answer.cloud_time))
    except SourceTrouble as trouble:
        return Observation(manager.name, asked_at, trouble=trouble.trouble, detail=_words(trouble))
    except StairliftError as error:
        return Observation(manager.name, asked_at, trouble=Trouble.MALFORMED, detail=_words(error))
    except BaseException as error:  # noqa: BLE001
        _LOG.debug("source %s", manager.name, exc_info=error)
        return Observation(manager.name, asked_at, trouble=_kind(error), detail=_blame(error))


def _checked(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    kept = tuple(facts)
    if strange := {type(fact).__name__ for fact in kept if type(fact) not in _FACTS}:
        raise SourceTrouble(Trouble.MALFORMED, f"The source gives {', '.join(sorted(strange))} for facts")
    return kept


def _notes(answer: Answer) -> str:
    """What a source had to leave out although it answered: its document "notes", a list of sentences."""
    notes = answer.documents.get("notes")
    return "; ".join(map(str, notes)) if isinstance(notes, list) else ""


def _in_utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _words(error: StairliftError) -> str:
    return f"{error.brief.rstrip('.')}. {error.details}" if error.details else error.brief


def _kind(error: BaseException) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    return Trouble.UNREACHABLE if isinstance(error, ConnectionError) else Trouble.MALFORMED


def _blame(error: BaseException) -> str:
    """Which exception, and where. Its own text stays out: nobody knows what somebody else's code puts there."""
    last = (traceback.extract_tb(error.__traceback__) or [None])[-1]
    where = f" in {last.name} ({last.filename.rpartition('/')[2]}:{last.lineno})" if last else ""
    return f"The source failed with {type(error).__name__}{where}"


def _late(manager: InventoryManager, now: datetime, patience: float) -> Observation:
    detail = f"The source did not answer within {patience:g} seconds"
    return Observation(manager.name, now, trouble=Trouble.TIMEOUT, detail=detail)
