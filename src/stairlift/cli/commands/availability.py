"""`stairlift availability`: what users felt while a run went on, per API, per backend, per step."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stairlift.cli import here
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output, RunName
from stairlift.cli.output import Format, say, show, show_document, show_lines, show_table
from stairlift.model.run import OVER

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.run import Run
    from stairlift.report.figures import Availability
    from stairlift.wiring.archive import Archive
    from stairlift.wiring.config.settings import Settings

_REFRESH = 5.0


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="What users felt while a run went on: failed requests, downtime, latency, and at which step.")(
        availability
    )


def availability(
    name: RunName = None,
    follow: Annotated[bool, typer.Option("--follow", help="Again every few seconds, as long as the run goes on.")] = (
        False
    ),
    backends: Annotated[bool, typer.Option("--backends", help="Every process of an API by itself as well.")] = False,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Print it once, or until the run is over."""
    found = settings()
    archive = here.archive(found)
    run = archive.run(name, found.os_cloud)
    while follow and run.state not in OVER:
        _show(*_felt(run, archive, found), output, backends=backends)
        time.sleep(_REFRESH)
        run = archive.records.run(run.id)
    _show(*_felt(run, archive, found), output, backends=backends)


def _felt(run: "Run", archive: "Archive", found: "Settings") -> "tuple[Availability, Mapping[str, Any]]":
    """What users felt, and the same as a document. Raises UsageError (availability.none)."""
    from stairlift.report.availability_words import availability_document
    from stairlift.wiring.measured import availability_of, not_measured

    if (branch := here.branch(found)) is not None:
        return branch.felt(run.id)
    measured = availability_of(run, archive.records, found.state_dir)
    if measured is None:
        raise not_measured(run.id)
    return measured, availability_document(run.id, measured)


def _show(found: "Availability", document: Mapping[str, Any], output: Format, *, backends: bool) -> None:
    from stairlift.report import availability_words as words

    if output is not Format.TABLE:
        show_document(document, output)
        return
    show_lines(words.availability_lines(found))
    show_table(words.COLUMNS, words.figure_rows([*found.apis, *(found.backends if backends else ())]))
    if rows := words.step_rows(found.steps):
        show("")
        show_table(words.STEP_COLUMNS, rows)
    felt = {one.name for one in found.apis}
    if lines := words.failure_lines([f for f in found.failures if backends or f.target.partition(".")[0] in felt]):
        show("")
        show_lines(lines)
    if not backends and any(one.failed for one in found.backends):
        say("single backends failed as well: --backends shows them")
