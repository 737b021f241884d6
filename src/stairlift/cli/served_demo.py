"""The demo in a browser: a sandbox, all that an operator sets up, and a server; the upgrade is the visitor's."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from stairlift.cli.demonstration import Stage, inside, release_of, staged, target_of
from stairlift.cli.here import settings
from stairlift.cli.output import say
from stairlift.cli.serving import Welcome, keep_serving
from stairlift.knowledge.releases import describe
from stairlift.model.errors import StairliftError
from stairlift.model.run import FINAL_RUN_STATES, AttemptId, Run
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.meter import processes_of
from stairlift.wiring.office import Office, open_office
from stairlift.wiring.server.listening import is_free

#: Whoever looks on sees what users feel, from a short while before the first change.
_METER = """
[meter]                                        # a user's requests, beside the run
baseline = "5s"
"""
_WELCOME = "open {address} in a browser, and press Ctrl-C here when you have seen enough"
_FAREWELL = "the server has left; its cloud goes, too"


def serve_demo(name: str, keep: Path | None) -> None:
    """Serve a simulated cloud until Ctrl-C, then take all of it away, unless it is to be kept. Raises as `listen`."""
    source = release_of(name)
    with staged(name, keep, _METER) as stage, _moved_to(stage):
        say(f"a simulated cloud runs {describe(source)} in {stage.folder}")
        say(f"  plan its upgrade from {source} to {target_of(source)} on the page Plans, approve it, and watch")
        try:
            keep_serving(_settings(), settings, Welcome(sign_in=True, words=_WELCOME, farewell=_FAREWELL))
        finally:
            _end_attempts(settings())
        say(f"in the simulated cloud itself: {inside(stage.cloud)}", style="bold green")


def _settings() -> Settings:
    """At the usual port, or at any other where somebody has that."""
    found = settings()
    return found if is_free(found.serve) else replace(found, serve=replace(found.serve, port=0))


@contextmanager
def _moved_to(stage: Stage) -> Iterator[None]:
    """Be where an operator of that cloud is: folder and environment, which the processes of attempts see, too."""
    before, folder = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(stage.environ)
    os.chdir(stage.folder)
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)


def _end_attempts(found: Settings) -> None:
    """Attempts and meters outlive a server; here their cloud goes, too, and their folder."""
    office = open_office(found)
    with suppress(StairliftError):  # what is left ends by itself: nothing answers it any more
        asyncio.run(_ended(office))
    office.store.close()


async def _ended(office: Office) -> None:
    for run in office.store.runs():
        for attempt in (*_under_way(office, run), *processes_of(run.id, office.executor.has)):
            await office.executor.end(attempt)


def _under_way(office: Office, run: Run) -> Iterator[AttemptId]:
    if run.state not in FINAL_RUN_STATES:
        yield from (attempt.id for attempt in office.store.attempts(run.id) if attempt.result is None)
