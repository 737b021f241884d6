"""`stairlift events`: who did what with a run, when and why."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output, RunName
from stairlift.cli.output import Format, say, show_bytes, show_document, show_lines, show_table
from stairlift.cli.shaping import shape
from stairlift.model.errors import UsageError
from stairlift.model.run import OVER, Event, Run

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.wiring.archive import Archive

_REFRESH = 1.0
SCHEMA = "stairlift.events/1"


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Who did what with a run, when and why: the journal, which is only ever added to.")(events)


def events(
    name: RunName = None,
    after: Annotated[int, typer.Option("--after", metavar="N", min=0, help="Only those behind this number.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as long as the run does.")] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Write run, plan, commands, attempts and events there."),
    ] = None,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Print what there is, then what comes."""
    found = settings()
    archive = here.archive(found)
    run = archive.run(name, found.os_cloud)
    if export:
        _export(archive, run, export)
    elif follow:
        _follow(archive, run, after, output)
    else:
        _show(archive, run, archive.records.events(run.id, after), output)


def _export(archive: "Archive", run: Run, path: Path) -> None:
    from stairlift.wiring.exporting import export

    export(run, archive.records, path)
    say(f"all that is on record about run {run.id} is in {path}")


def _show(archive: "Archive", run: Run, found: Sequence[Event], output: Format) -> None:
    from stairlift.report.events import event_document

    if output is Format.TABLE:
        _lines(archive, run, found)
        return
    documents = [event_document(event) for event in found]
    show_document({"schema": SCHEMA, "run": run.id, "cloud": run.cloud, "events": documents}, output)


def _lines(archive: "Archive", run: Run, found: Sequence[Event]) -> None:
    from stairlift.report.bare import EVENT_COLUMNS, event_rows
    from stairlift.report.events import audit_line

    if shape():
        show_table(EVENT_COLUMNS, event_rows(found))
        return
    steps = archive.steps(run, {event.step for event in found if event.step})
    show_lines(audit_line(event, steps) for event in found)


def _follow(archive: "Archive", run: Run, after: int, output: Format) -> None:
    """As they come: lines for people, or a JSON object a line."""
    if output is Format.YAML:
        raise UsageError(code="usage.options", brief="--follow prints lines or, with -o json, a JSON object a line")
    from stairlift.report.events import event_document

    over = False
    while True:
        found = archive.records.events(run.id, after)
        if output is Format.TABLE:
            _lines(archive, run, found)
        else:
            show_bytes(json.dumps(event_document(event)).encode() for event in found)
        after = found[-1].seq if found else after
        if over:
            return
        over = archive.records.run(run.id).state in OVER
        if not over:
            time.sleep(_REFRESH)
