"""`stairlift status`, `list`, `logs`: where runs stand, from any terminal."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.completing import steps as step_ids
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output, RunName
from stairlift.cli.output import Format, say, show_bytes, show_document, show_table
from stairlift.model.run import OVER

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.run import Run
    from stairlift.wiring.archive import Archive
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office

_REFRESH = 1.0


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Where a run stands, what it waits for, and what to do next.")(status)
    app.command("list", help="All runs, the newest first.")(list_runs)
    app.command(help="What the attempts of a run printed.")(logs)


def status(
    name: RunName = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Again and again, until the run ends.")] = False,
    steps: Annotated[bool, typer.Option("--steps", help="Every step with its state.")] = False,
    why: Annotated[
        str | None, typer.Option("--why", metavar="STEP", help="What holds this step up.", autocompletion=step_ids)
    ] = None,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Print it once, or until the run ends."""
    from stairlift.cli.standing import show_standing, show_why

    archive, run = _on_record(name)
    if why:
        standing, found = archive.why(run, why)
        show_why(standing, why, found, output)
    elif watch:
        from stairlift.cli.watch import Watch

        Watch(archive, run, output, with_steps=steps).until_the_end()
    else:
        show_standing(archive.standing_of_all(run) if steps else archive.standing(run), output, with_steps=steps)


def _on_record(name: str | None) -> "tuple[Archive, Run]":
    found = settings()
    archive = here.archive(found)
    return archive, archive.run(name, found.os_cloud)


def _meant(name: str | None) -> "tuple[Office | Branch, Run]":
    found = settings()
    office = here.office(found)
    return office, office.archive.run(name, found.os_cloud)


def list_runs(output: Output = Format.TABLE, _columns: Columns = None) -> None:
    """One line per run."""
    from stairlift.report.runs import COLUMNS, run_documents, run_rows
    from stairlift.wiring.clock import now

    runs = here.archive(settings()).records.runs()
    if output is not Format.TABLE:
        show_document(run_documents(runs), output)
    elif runs:
        show_table(COLUMNS, run_rows(runs, now()))
    else:
        say("there is no run yet")


def logs(
    name: RunName = None,
    step: Annotated[
        str | None, typer.Option("--step", metavar="S", help="Only this step's.", autocompletion=step_ids)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as long as the run does.")] = False,
) -> None:
    """Print what there is, then what comes."""
    from stairlift.wiring.logs.attempts import LogReader

    office, run = _meant(name)
    reader = LogReader(office, run, step)
    while follow and office.store.run(run.id).state not in OVER:
        show_bytes(reader.lines(rest=False))
        time.sleep(_REFRESH)
    show_bytes(reader.lines(rest=True))
