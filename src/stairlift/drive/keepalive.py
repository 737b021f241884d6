"""Keeps a lease while its holder has something longer to do than its loop, such as looking at the cloud."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from stairlift.model.errors import StairliftError
from stairlift.ports import Journal


@contextmanager
def kept(journal: Journal, every: float) -> Iterator[None]:
    """Renew the lease every so many seconds. Nothing else may be done with the journal meanwhile.

    A renewal that fails ends it without a word: the next commit fails as well, and says why.
    """
    over = Event()

    def renew() -> None:
        while not over.wait(every):
            try:
                journal.renew()
            except StairliftError:
                return

    thread = Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
