"""What a shell completes: runs, steps, hosts from the journal, and words that are always the same.

Somebody waits with a finger on the key: it takes a moment, or there is nothing. A journal that is locked or broken, or
on a server that does not answer at once, completes nothing, and nothing is said about it. Where STAIRLIFT_URL names a
server it is asked, and never a journal of this machine.
"""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:  # what is imported to complete one thing is imported then
    from stairlift.client.records import ServerRecords
    from stairlift.model.run import Run
    from stairlift.store.reading import Reading

#: A word, and what is said beside it.
Item = tuple[str, str]
_PROGRAM = "stairlift"
#: More than that nobody reads.
_MOST = 500
#: How long to wait for another program's transaction, in seconds.
_PATIENCE = 0.05
#: How long to wait until a server lets one in, and for all that a Stairlift server is asked, in seconds.
_PATIENCE_SERVER = 2.0


def _quietly(found: Callable[..., Iterator[Item]]) -> Callable[[typer.Context, str], list[Item]]:
    """Those that begin as was typed; nothing where anything is wrong."""

    def completed(ctx: typer.Context, incomplete: str) -> list[Item]:
        def asked() -> list[Item]:
            try:
                return list(islice((item for item in found(ctx, incomplete) if item[0].startswith(incomplete)), _MOST))
            except Exception:  # whoever runs the command is told what is wrong  # noqa: BLE001
                return []

        return _in_time(asked) if os.environ.get("STAIRLIFT_URL") else asked()

    return completed


def _in_time(asked: Callable[[], list[Item]]) -> list[Item]:
    """What has come within our patience; whoever is asked still is left to it, and ends with the process."""
    come: list[Item] = []
    asking = Thread(target=lambda: come.extend(asked()), daemon=True)
    asking.start()
    asking.join(_PATIENCE_SERVER)
    return list(come)


def _records() -> "Reading | ServerRecords | None":
    from stairlift.cli.here import settings

    found = settings()
    if found.server is not None:
        from stairlift.client.connection import Connection
        from stairlift.client.records import ServerRecords

        return ServerRecords(Connection(found.server, again=0))
    from stairlift.store.lean import open_lean
    from stairlift.store.lean_server import open_lean_server

    file = open_lean(found.database_url, found.state_dir / "locks", _PATIENCE)
    return file or open_lean_server(found.database_url, _PATIENCE_SERVER)


def _meant(ctx: typer.Context) -> "tuple[Reading | ServerRecords, Run] | None":
    """The run that is named before, else the active or the newest one."""
    records = _records()
    if records is None:
        return None
    named = next((ctx.params[key] for key in ("name", "run_id", "run") if ctx.params.get(key)), None)
    found = records.run(named) if named else records.active() or records.newest()
    return (records, found) if found else None


@_quietly
def runs(_ctx: typer.Context, _incomplete: str) -> Iterator[Item]:
    """Every run, the newest first."""
    records = _records()
    for run in records.runs(most=_MOST) if records else ():
        yield run.id, f"{run.cloud} {run.source} -> {run.target}, {run.state}"


@_quietly
def steps(ctx: typer.Context, _incomplete: str) -> Iterator[Item]:
    """The steps of the run that is meant."""
    if meant := _meant(ctx):
        records, run = meant
        for status in records.steps(run.id):
            yield status.id, str(status.state)


@_quietly
def hosts(ctx: typer.Context, _incomplete: str) -> Iterator[Item]:
    """The hosts of the run that is meant."""
    if meant := _meant(ctx):
        records, run = meant
        for host in dict.fromkeys(host for step in records.plan(run.id)["steps"] for host in step["hosts"]):
            yield host, ""


@_quietly
def stages(_ctx: typer.Context, _incomplete: str) -> Iterator[Item]:
    """The stages, in their order."""
    from stairlift.model.plan import STAGES

    yield from ((stage, "") for stage in STAGES)


@_quietly
def series(_ctx: typer.Context, incomplete: str) -> Iterator[Item]:
    """Releases by number, and by codename once a letter was typed; the newest first."""
    from stairlift.knowledge.releases import all_series

    for one in reversed(tuple(all_series())):
        yield (one.codename.lower(), str(one.release)) if incomplete[:1].isalpha() else (str(one.release), one.codename)


@_quietly
def channels(_ctx: typer.Context, _incomplete: str) -> Iterator[Item]:
    """The channels of notices; of a server they are its own."""
    from stairlift.cli.here import settings

    found = settings()
    yield from ((one.name, one.use) for one in found.notify if found.server is None)


@_quietly
def plan_files(_ctx: typer.Context, incomplete: str) -> Iterator[Item]:
    """Files that may hold a plan, and folders on the way to one."""
    folder, typed = Path(incomplete).parent, incomplete[: len(incomplete) - len(Path(incomplete).name)]
    if incomplete.endswith("/"):
        folder, typed = Path(incomplete), incomplete
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield f"{typed}{path.name}/", ""
        elif path.suffix == ".json":
            yield f"{typed}{path.name}", ""


def script(shell: str) -> str:
    """What a shell sources to complete our words. Bash must not take the @ of a step's id for the end of a word."""
    from typer._completion_shared import get_completion_script  # there is no public way to it

    made = get_completion_script(prog_name=_PROGRAM, complete_var=f"_{_PROGRAM.upper()}_COMPLETE", shell=shell)
    return f"COMP_WORDBREAKS=${{COMP_WORDBREAKS//[@:]/}}\n{made}" if shell == "bash" else made
